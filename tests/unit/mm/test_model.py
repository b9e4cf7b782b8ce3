"""Random operations, against a model that knows each page by itself."""

import contextlib
import itertools
import random

import pytest

from emu.arch.cpu import PTE_WRITE
from emu.kernel.errno import EFAULT, KernelError
from emu.kernel.mm.advice import do_madvise, do_mincore, do_msync
from emu.kernel.mm.lock import do_mlock, do_mlockall, do_munlock, do_munlockall
from emu.kernel.mm.ram import Ram
from emu.kernel.mm.remap import do_mremap, do_remap_file_pages
from emu.kernel.uapi.mman import (
    MADV_DONTNEED,
    MAP_FIXED,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeFile, FakeInode, make_space

FIRST, COUNT = 0x200, 24
PROTS = (PROT_NONE, PROT_READ, READ_WRITE, READ_WRITE)


class Model:
    """Each page's protection and contents; absent when not mapped."""

    def __init__(self, pages=None):
        self.pages = dict(pages or {})

    def mapped(self, pages):
        return all(page in self.pages for page in pages)


def same(mm, model):
    for page in range(FIRST, FIRST + COUNT):
        vma = mm.vmas.at(page << 12)
        assert (vma is not None) == (page in model.pages)
        if vma is not None:
            prot, value = model.pages[page]
            assert vma.flags & 7 == prot
            if prot & PROT_READ:
                assert mm.read(page << 12, 1)[0] == value
            if not prot & PROT_WRITE:
                assert not mm.pages.get(page, 0) & PTE_WRITE
    vmas = list(mm.vmas)
    for lower, upper in itertools.pairwise(vmas):
        assert lower.end <= upper.start
        assert not lower.continues_in(upper)


def step(rng, mm, model):
    start = FIRST + rng.randrange(COUNT)
    count = rng.randint(1, FIRST + COUNT - start)
    pages = range(start, start + count)
    address, length, prot = start << 12, count << 12, rng.choice(PROTS)
    match rng.randrange(16):
        case 0 | 1:
            mm.mmap(address, length, prot, ANON | MAP_FIXED)
            model.pages.update(dict.fromkeys(pages, (prot, 0)))
        case 2:
            mm.munmap(address, length)
            for page in pages:
                model.pages.pop(page, None)
        case 3:
            if model.mapped(pages):
                mm.mprotect(address, length, prot)
                model.pages.update({page: (prot, model.pages[page][1]) for page in pages})
        case 4:
            if model.mapped(pages):
                do_madvise(mm, address, length, MADV_DONTNEED)
                model.pages.update({page: (model.pages[page][0], 0) for page in pages})
        case 5:
            move(rng, mm, model, start, count)
        case _:
            store(rng, mm, model, start)


def store(rng, mm, model, page):
    value = rng.randrange(256)
    if page in model.pages and model.pages[page][0] & PROT_WRITE:
        mm.write(page << 12, bytes([value]))
        model.pages[page] = model.pages[page][0], value
    else:
        with pytest.raises(EFAULT):
            mm.write(page << 12, bytes([value]))


def move(rng, mm, model, start, count):
    to = FIRST + rng.randrange(COUNT - count + 1)
    flags = MREMAP_MAYMOVE | MREMAP_FIXED
    before = Model(model.pages)
    try:
        do_mremap(mm, start << 12, count << 12, count << 12, flags, to << 12)
    except KernelError:
        # Linux, too, has unmapped the destination when it finds the source unfit.
        if abs(to - start) >= count:
            for page in range(to, to + count):
                if mm.vmas.at(page << 12) is None:
                    model.pages.pop(page, None)
        return
    for page in range(start, start + count):
        del model.pages[page]
    model.pages.update({to + i: before.pages[start + i] for i in range(count)})


@pytest.mark.parametrize("seed", range(6))
def test_operations_in_any_order_leave_what_a_simple_model_says(seed):
    rng = random.Random(seed)
    ram = Ram(16 << 20)
    free = ram.free_bytes
    family = [(make_space(ram), Model())]
    for turn in range(400):
        mm, model = rng.choice(family)
        step(rng, mm, model)
        if turn % 40 == 0 and len(family) < 4:
            family.append((mm.fork(), Model(model.pages)))
        for space, its_model in family:
            same(space, its_model)
    for mm, _ in family:
        mm.release()
    assert ram.free_bytes == free


HOSTILE = (0, 1, PAGE - 1, PAGE, 0x200000, 0x201000, 0x7FFFFFFF, 1 << 31, 1 << 32, (1 << 47) - 1)
HOSTILE += (1 << 47, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - PAGE, (1 << 64) - 1)


@pytest.mark.parametrize("seed", range(4))
def test_no_arguments_break_the_kernel(seed):
    rng = random.Random(seed)
    mm = make_space(Ram(4 << 20))
    inode = FakeInode(mm.ram, b"x" * 10000)
    words = [*HOSTILE, *range(0x200000, 0x200000 + 8 * PAGE, PAGE)]

    def word():
        return rng.choice(words)

    def flags():
        return rng.getrandbits(24) & rng.getrandbits(24) | rng.choice((1, 2, 0x22, 0x32, 0))

    calls = (
        lambda: mm.mmap(word(), word(), rng.getrandbits(3), flags(), None, word()),
        lambda: mm.mmap(word(), word(), rng.getrandbits(3), flags(), FakeFile(inode), word()),
        lambda: mm.munmap(word(), word()),
        lambda: mm.mprotect(word(), word(), rng.getrandbits(26) & rng.getrandbits(26)),
        lambda: do_mremap(mm, word(), word(), word(), rng.getrandbits(3), word()),
        lambda: do_remap_file_pages(mm, word(), word(), 0, word(), 0),
        lambda: do_madvise(mm, word(), word(), rng.randrange(26)),
        lambda: do_msync(mm, word(), word(), rng.getrandbits(3)),
        lambda: next(do_mincore(mm, word(), word()), None),
        lambda: do_mlock(mm, word(), word(), rng.random() < 0.5, True),
        lambda: do_munlock(mm, word(), word()),
        lambda: do_mlockall(mm, rng.getrandbits(3), True),
        lambda: do_munlockall(mm),
        lambda: mm.set_brk(word()),
        lambda: mm.write(word(), b"12345678"),
        lambda: mm.read(word(), 100),
        lambda: mm.fault(word() >> 12, rng.choice((1, 2, 4))),
    )
    inode.fop.fsync = lambda file, datasync: None
    inode.fop.fallocate = lambda *arguments: None
    for _ in range(1500):
        with contextlib.suppress(KernelError):
            rng.choice(calls)()
    mm.release()
    assert mm.ram.free_bytes + PAGE * len(inode.mapping.pages) == mm.ram.size - PAGE
