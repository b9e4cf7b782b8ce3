/*
 * Layouts that no exported header has and whose kernel text cannot be used as it stands.
 * Every one gives its source. A struct named override__X replaces X of the exported headers.
 */


#if defined(__mips__) && _MIPS_SIM == _ABIN32
/*
 * The n32 table names the native sys_newstat, sys_newfstat, sys_newlstat and sys_newfstatat, so
 * the kernel writes the n64 struct stat (arch/mips/include/uapi/asm/stat.h, 64-bit part), not the
 * one this ABI's header shows.
 */
struct override__stat {
	__u32 st_dev;
	__u32 st_pad0[3];
	__u64 st_ino;
	__u32 st_mode;
	__u32 st_nlink;
	__u32 st_uid;
	__u32 st_gid;
	__u32 st_rdev;
	__u32 st_pad1[3];
	__s64 st_size;
	__u32 st_atime;
	__u32 st_atime_nsec;
	__u32 st_mtime;
	__u32 st_mtime_nsec;
	__u32 st_ctime;
	__u32 st_ctime_nsec;
	__u32 st_blksize;
	__u32 st_pad2;
	__u64 st_blocks;
};

/*
 * The n32 table names the compat entries of semctl, shmctl and msgctl, whose structs
 * (arch/mips/include/asm/compat.h) are those of o32, with the high halves of the times.
 */
struct override__semid64_ds {
	struct ipc64_perm sem_perm;
	__u32 sem_otime;
	__u32 sem_ctime;
	__u32 sem_nsems;
	__u32 sem_otime_high;
	__u32 sem_ctime_high;
};

struct override__shmid64_ds {
	struct ipc64_perm shm_perm;
	__u32 shm_segsz;
	__u32 shm_atime;
	__u32 shm_dtime;
	__u32 shm_ctime;
	__s32 shm_cpid;
	__s32 shm_lpid;
	__u32 shm_nattch;
	__u16 shm_atime_high;
	__u16 shm_dtime_high;
	__u16 shm_ctime_high;
	__u16 __unused1;
};

struct override__msqid64_ds {
	struct ipc64_perm msg_perm;
#ifdef __MIPSEB__
	__u32 msg_stime_high;
	__u32 msg_stime;
	__u32 msg_rtime_high;
	__u32 msg_rtime;
	__u32 msg_ctime_high;
	__u32 msg_ctime;
#else
	__u32 msg_stime;
	__u32 msg_stime_high;
	__u32 msg_rtime;
	__u32 msg_rtime_high;
	__u32 msg_ctime;
	__u32 msg_ctime_high;
#endif
	__u32 msg_cbytes;
	__u32 msg_qnum;
	__u32 msg_qbytes;
	__s32 msg_lspid;
	__s32 msg_lrpid;
	__u32 __unused4;
	__u32 __unused5;
};
#endif

#if defined(__x86_64__) && defined(__ILP32__)
/*
 * The x32 table names the native entries, so the kernel sees 64-bit members: sys_statfs and
 * sys_fstatfs, sys_pselect6 (fs/select.c), and every use of struct __kernel_old_timespec.
 */
struct override__statfs {
	__s64 f_type;
	__s64 f_bsize;
	__s64 f_blocks;
	__s64 f_bfree;
	__s64 f_bavail;
	__s64 f_files;
	__s64 f_ffree;
	__kernel_fsid_t f_fsid;
	__s64 f_namelen;
	__s64 f_frsize;
	__s64 f_flags;
	__s64 f_spare[4];
};

struct override__sigset_argpack {
	__u64 p;
	__u64 size;
};

struct override__timespec {
	__s64 tv_sec;
	__s64 tv_nsec;
};

struct override__itimerspec {
	struct override__timespec it_interval;
	struct override__timespec it_value;
};

/* The registers are those of the 64-bit mode, whatever the size of a long. */
struct override__pt_regs {
	__u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	__u64 rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, eflags, rsp, ss;
};
#endif

#if defined(__arm__)
/* arch/arm/include/asm/ucontext.h and arch/arm/kernel/signal.h. */
struct ucontext {
	unsigned long uc_flags;
	struct ucontext *uc_link;
	stack_t uc_stack;
	struct sigcontext uc_mcontext;
	sigset_t uc_sigmask;
	int __unused[32 - (sizeof(sigset_t) / sizeof(int))];
	unsigned long uc_regspace[128] __attribute__((__aligned__(8)));
};

struct sigframe {
	struct ucontext uc;
	unsigned long retcode[4];
};

struct rt_sigframe {
	struct siginfo info;
	struct sigframe sig;
};

/* arch/arm/include/asm/ucontext.h with CONFIG_VFP, and asm/user.h. */
struct user_vfp {
	unsigned long long fpregs[32];
	unsigned long fpscr;
};

struct user_vfp_exc {
	unsigned long fpexc;
	unsigned long fpinst;
	unsigned long fpinst2;
};

struct vfp_sigframe {
	unsigned long magic;
	unsigned long size;
	struct user_vfp ufp;
	struct user_vfp_exc ufp_exc;
} __attribute__((__aligned__(8)));

#define VFP_MAGIC 0x56465001
#endif

#if defined(__aarch64__) || defined(__riscv)
/* arch/arm64/kernel/signal.c, arch/riscv/kernel/signal.c (with an MMU). */
struct rt_sigframe {
	struct siginfo info;
	struct ucontext uc;
};
#endif

#if defined(__i386__)
/* arch/x86/include/asm/sigframe.h with CONFIG_X86_32. */
struct sigframe {
	__u32 pretcode;
	int sig;
	struct sigcontext sc;
	struct _fpstate_32 fpstate_unused;
	unsigned int extramask[1];
	char retcode[8];
};

struct rt_sigframe {
	__u32 pretcode;
	int sig;
	__u32 pinfo;
	__u32 puc;
	struct siginfo info;
	struct ucontext uc;
	char retcode[8];
};
#endif

#if defined(__x86_64__)
/* arch/x86/include/asm/sigframe.h: rt_sigframe and rt_sigframe_x32. */
struct rt_sigframe {
	__u64 pretcode;
	struct ucontext uc;
	struct siginfo info;
};
#endif

#if defined(__mips__)
/* arch/mips/kernel/signal.c, signal_n32.c and signal_o32.c. */
struct sigframe {
	__u32 sf_ass[4];
	__u32 sf_pad[2];
	struct sigcontext sf_sc;
	sigset_t sf_mask;
	unsigned long long sf_extcontext[];
};

struct rt_sigframe {
	__u32 rs_ass[4];
	__u32 rs_pad[2];
	struct siginfo rs_info;
	struct ucontext rs_uc;
};
#endif
