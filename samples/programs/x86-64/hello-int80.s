# The interrupt path from 64-bit code: i386 numbers, i386 registers, 32 bits of each.
message: .ascii "hello from {abi} by int 0x80\n"

_start:
    mov eax, 4                  # write
    mov ebx, 1
    mov ecx, message
    mov edx, message_length
    int 0x80
    mov eax, 1                  # exit
    mov ebx, 0
    int 0x80
