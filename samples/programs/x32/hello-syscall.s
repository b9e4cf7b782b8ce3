# 32-bit pointers, 64-bit registers: x86-64 numbers with bit 30 set.
message: .ascii "hello from {abi} by syscall\n"

_start:
    mov eax, 0x40000001         # write
    mov edi, 1
    mov esi, message
    mov edx, message_length
    syscall
    mov eax, 0x4000003c         # exit
    mov edi, 0
    syscall
