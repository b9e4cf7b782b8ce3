# Says which ABI this is and how it enters the kernel.
message: .ascii "hello from {abi} by syscall\n"

_start:
    mov eax, 1                  # write
    mov edi, 1
    mov esi, message
    mov edx, message_length
    syscall
    mov eax, 60                 # exit
    mov edi, 0
    syscall
