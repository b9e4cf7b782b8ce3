# The fast path without help from the C library. The kernel does not return to the instruction
# after sysenter but into the vDSO, which pops ebp, edx and ecx and returns: so push them.
message: .ascii "hello from {abi} by sysenter\n"

_start:
    mov eax, 4                  # write
    mov ebx, 1
    mov ecx, message
    mov edx, message_length
    call enter_kernel
    mov eax, 1                  # exit
    mov ebx, 0
    call enter_kernel

enter_kernel:
    push ecx
    push edx
    push ebp
    mov ebp, esp                # the kernel reads argument 6 from here
    sysenter
