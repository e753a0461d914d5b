/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GPUPT_GUEST_FUZZ_H
#define GPUPT_GUEST_FUZZ_H

int fuzz(int argc, char **argv);

#endif /* GPUPT_GUEST_FUZZ_H */
