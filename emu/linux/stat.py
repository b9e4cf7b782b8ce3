"""Permissions of files. See include/linux/stat.h."""

from __future__ import annotations

S_IRUSR, S_IWUSR, S_IXUSR, S_IRWXU = 0o400, 0o200, 0o100, 0o700
S_IRGRP, S_IWGRP, S_IXGRP, S_IRWXG = 0o040, 0o020, 0o010, 0o070
S_IROTH, S_IWOTH, S_IXOTH, S_IRWXO = 0o004, 0o002, 0o001, 0o007
S_IRUGO, S_IWUGO, S_IXUGO, S_IRWXUGO = 0o444, 0o222, 0o111, 0o777
S_IALLUGO = 0o7777
