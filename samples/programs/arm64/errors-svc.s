// Prints what two failing calls leave in x0: an error is its negative number.
.include "svc.inc"

close_text: .ascii "close(-1): "
unknown_text: .ascii "call 999: "

_start:
    mov x8, #NR_close
    mov x0, #-1
    svc #0
    ldr x1, =close_text
    mov x2, #close_text_length
    bl report

    mov x8, #NR_unknown
    svc #0
    ldr x1, =unknown_text
    mov x2, #unknown_text_length
    bl report

    mov x8, #NR_exit
    mov x0, #0
    svc #0

report:                         // x0: the result; x1 and x2: the text before it
    mov x9, x0
    mov x8, #NR_write
    mov x0, #1
    svc #0

    ldr x1, =scratch_last       // the digits, last one first, after a newline
    mov w3, #10
    strb w3, [x1]
    mov x4, x9
    cmp x4, #0
    b.ge next_digit
    neg x4, x4
next_digit:
    udiv x5, x4, x3
    msub x6, x5, x3, x4
    add w6, w6, #48
    strb w6, [x1, #-1]!
    mov x4, x5
    cbnz x4, next_digit
    cmp x9, #0
    b.ge show_number
    mov w6, #45                 // '-'
    strb w6, [x1, #-1]!
show_number:
    mov x8, #NR_write
    mov x0, #1
    ldr x2, =scratch_last
    add x2, x2, #1
    sub x2, x2, x1
    svc #0
    ret
