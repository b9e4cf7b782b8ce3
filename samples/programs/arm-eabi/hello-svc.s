@ Says which ABI this is and how it enters the kernel: the number is in r7.
message: .ascii "hello from {abi} by svc in ARM state\n"

_start:
    mov r7, #4                  @ write
    mov r0, #1
    ldr r1, =message
    mov r2, #message_length
    svc #0
    mov r7, #1                  @ exit
    mov r0, #0
    svc #0
