/* The kernel's own names for types, for declarations borrowed from its private headers. */
#include <linux/socket.h>
#include <linux/time.h>

#define INT_MAX __INT_MAX__
#define ULONG_MAX (__LONG_MAX__ * 2UL + 1)
#define INT_MIN (-INT_MAX - 1)


typedef __kernel_pid_t pid_t;
typedef __kernel_sa_family_t sa_family_t;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef __s32 old_time32_t;
/* Pages of 4 KiB on every architecture: the configuration the tables are for. */
#define PAGE_SIZE 4096

#define size_t __kernel_size_t
#define fd_set __kernel_fd_set

/* include/linux/socket.h, whose flexible member another macro declares. */
struct sockaddr {
	__kernel_sa_family_t sa_family;
	char sa_data[14];
};
