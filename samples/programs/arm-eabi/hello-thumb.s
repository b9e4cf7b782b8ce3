@ The same calls in Thumb state: the trap is two bytes long, and the entry address is odd.
message: .ascii "hello from {abi} by svc in Thumb state\n"

_start:
    movs r7, #4                 @ write
    movs r0, #1
    ldr r1, =message
    movs r2, #message_length
    svc #0
    movs r7, #1                 @ exit
    movs r0, #0
    svc #0
