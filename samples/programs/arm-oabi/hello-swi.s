@ The old ABI: the number is part of the instruction, and r7 is a register like any other.
message: .ascii "hello from {abi} by swi\n"

_start:
    mov r0, #1
    ldr r1, =message
    mov r2, #message_length
    swi 0x900004                @ write
    mov r0, #0
    swi 0x900001                @ exit
