// Says which ABI this is and how it enters the kernel.
message: .ascii "hello from {abi} by svc\n"

_start:
    mov x8, #64                 // write
    mov x0, #1
    ldr x1, =message
    mov x2, #message_length
    svc #0
    mov x8, #93                 // exit
    mov x0, #0
    svc #0
