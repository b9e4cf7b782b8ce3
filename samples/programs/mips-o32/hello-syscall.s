# Says which ABI this is and how it enters the kernel.
message: .ascii "hello from {abi} by syscall\n"

_start:
    li $v0, 4004                # write
    li $a0, 1
    li $a1, message
    li $a2, message_length
    syscall
    li $v0, 4001                # exit
    li $a0, 0
    syscall
