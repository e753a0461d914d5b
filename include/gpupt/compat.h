/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows that kernels differ. Kbuild probes the headers and
 * defines GPUPT_HAVE_*; each entry names the change and the kernel that made
 * it, and goes when the support window has passed it.
 */
#ifndef GPUPT_COMPAT_H
#define GPUPT_COMPAT_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sched.h>

/*
 * Present in 7.2, absent in 6.12: a reset is bracketed so that the IOMMU blocks
 * ATS traffic of the function meanwhile. The kernel does it around its own
 * device-specific resets; one that replaces pci_dev_specific_reset() has to do it
 * itself.
 */
#ifdef GPUPT_HAVE_PCI_DEV_RESET_IOMMU
#include <linux/iommu.h>
#else
static inline int pci_dev_reset_iommu_prepare(struct pci_dev *pdev)
{
	return 0;
}

static inline void pci_dev_reset_iommu_done(struct pci_dev *pdev)
{
}
#endif

/* Class of UCSI functions; 6.1 has no name for it. */
#ifndef PCI_CLASS_SERIAL_UNKNOWN
#define PCI_CLASS_SERIAL_UNKNOWN	0x0c80
#endif

/**
 * gpupt_device_lock_is_mine() - does the current task hold a device lock?
 * @dev: the device
 *
 * pci_reset_function() and vfio-pci's close path hold the lock of the bridge
 * on 6.12 and later, not on 6.1; pci_try_reset_function() on none. No interface
 * tells them apart, so the owner is read out of the mutex, whose low three
 * bits are flags (linux/mutex.h).
 *
 * Context: any; the answer is stable only when it is true.
 * Return: true when the current task is the owner.
 */
static inline bool gpupt_device_lock_is_mine(struct device *dev)
{
#ifdef CONFIG_PREEMPT_RT
	unsigned long owner = (unsigned long)READ_ONCE(dev->mutex.rtmutex.owner);
#else
	unsigned long owner = atomic_long_read(&dev->mutex.owner);
#endif

	return (owner & ~7UL) == (unsigned long)current;
}

#endif /* GPUPT_COMPAT_H */
