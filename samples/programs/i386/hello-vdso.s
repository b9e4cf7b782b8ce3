# The way of the C library: call __kernel_vsyscall, whose address is in the auxiliary vector.
message: .ascii "hello from {abi} by __kernel_vsyscall\n"

_start:
    mov esi, esp                # argc, argv..., 0, envp..., 0, auxv
    lodsd
    lea esi, [esi + 4 * eax + 4]
skip_environment:
    lodsd
    test eax, eax
    jnz skip_environment
find_sysinfo:
    lodsd
    mov edi, eax
    lodsd
    cmp edi, 32                 # AT_SYSINFO
    jne find_sysinfo
    mov edi, eax

    mov eax, 4                  # write
    mov ebx, 1
    mov ecx, message
    mov edx, message_length
    call edi
    mov eax, 1                  # exit
    mov ebx, 0
    call edi
