/* The probe's ABI-specific part, left empty: only the sizes of structs are wanted here. */
#include "../../programs/probes/probe.h"

void check_abi(void)
{
}
