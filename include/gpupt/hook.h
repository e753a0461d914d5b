/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The hooks
 *
 * Answer the kernel's device-specific reset for managed functions, so that
 * VFIO and ``echo 1 > reset`` come to us by themselves, and do the bus resets of
 * the ports above them.
 */
#ifndef GPUPT_HOOK_H
#define GPUPT_HOOK_H

struct gpupt_device;

/**
 * gpupt_hook_start() - hook the kernel and activate all records
 *
 * A kernel that cannot be hooked is no error: the sysfs attribute works without.
 *
 * Context: process context.
 */
void gpupt_hook_start(void);

/**
 * gpupt_hook_stop() - let the kernel go its own way again
 *
 * Functions list device_specific until gpupt_watch_stop(), and the kernel, which
 * finds none for them, goes on to their other methods.
 *
 * Context: process context, while no reset is under way.
 */
void gpupt_hook_stop(void);

/**
 * gpupt_hook_adopt() - have the kernel ask us to reset a function
 * @gdev: its record
 *
 * Nothing is done while the kernel is not hooked: gpupt_hook_start() adopts all
 * records that there are.
 *
 * Context: process context.
 */
void gpupt_hook_adopt(struct gpupt_device *gdev);

/**
 * gpupt_hook_mode() - word for how pci_dev_specific_reset() is hooked
 *
 * Context: any.
 * Return: ``ftrace``, ``ftrace-shared`` or ``off``.
 */
const char *gpupt_hook_mode(void);

#endif /* GPUPT_HOOK_H */
