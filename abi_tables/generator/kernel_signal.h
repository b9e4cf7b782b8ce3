/*
 * The signal types as the kernel has them. Exported headers describe libc's idea: on x86 and ARM
 * a sigset_t of one long, NSIG = 32 and a struct sigaction in another order. Included right after
 * <linux/signal.h>, whose own types have been renamed away by the prelude.
 */
#undef _NSIG
#undef NSIG
#if defined(__mips__)
# define _NSIG 128
#else
# define _NSIG 64
#endif
#undef _NSIG_BPW
#undef _NSIG_WORDS
#define _NSIG_BPW (8 * sizeof(long))
#define _NSIG_WORDS (_NSIG / _NSIG_BPW)
#undef SIGRTMAX
#define SIGRTMAX _NSIG

/* include/linux/signal_types.h and asm/signal.h; x86 and ARM define these as macros. */
#undef sa_handler
#undef sa_sigaction

typedef struct {
	unsigned long sig[_NSIG_WORDS];
} sigset_t;

struct sigaction {
#if defined(__mips__)
	unsigned int sa_flags;
	void *sa_handler;
#else
	void *sa_handler;
	unsigned long sa_flags;
#endif
#if defined(__i386__) || defined(__x86_64__) || defined(__arm__) || defined(__aarch64__)
	void *sa_restorer;
#endif
	sigset_t sa_mask;
};

/* What the 32-bit sigaction(2) takes; MIPS has a layout of its own (sys_sigaction). */
struct old_sigaction {
#if defined(__mips__)
	unsigned int sa_flags;
	void *sa_handler;
	sigset_t sa_mask;
#else
	void *sa_handler;
	unsigned long sa_mask;
	unsigned long sa_flags;
	void *sa_restorer;
#endif
};
