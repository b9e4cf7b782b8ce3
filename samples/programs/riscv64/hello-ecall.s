# Says which ABI this is and how it enters the kernel.
message: .ascii "hello from {abi} by ecall\n"

_start:
    li a7, 64                   # write
    li a0, 1
    li a1, message
    li a2, message_length
    ecall
    li a7, 93                   # exit
    li a0, 0
    ecall
