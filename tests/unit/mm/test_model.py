"""Random operations, against a model that knows each page by itself."""

import itertools
import random

import pytest

from emu.arch.cpu import PTE_WRITE
from emu.kernel.errno import EFAULT, KernelError
from emu.kernel.mm.advice import do_madvise
from emu.kernel.mm.ram import Ram
from emu.kernel.mm.remap import do_mremap
from emu.kernel.uapi.mman import (
    MADV_DONTNEED,
    MAP_FIXED,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from tests.unit.mm.fakes import ANON, READ_WRITE, make_space

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
