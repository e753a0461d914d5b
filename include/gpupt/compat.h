/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows that kernels differ. Kbuild probes the headers and
 * defines GPUPT_HAVE_*; each entry names the change and the kernel that made
 * it, and goes when the support window has passed it.
 */
#ifndef GPUPT_COMPAT_H
#define GPUPT_COMPAT_H

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "gpupt/lock.h"

/*
 * Since 7.0 a reset is bracketed so that the IOMMU blocks ATS traffic of the function
 * meanwhile. The kernel does it around its own device-specific resets; one that
 * replaces pci_dev_specific_reset() has to do it itself. In 7.0 the pair does not
 * nest: the second prepare warns and returns -EBUSY. 7.1 counts.
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

/**
 * gpupt_get_driver_override() - which driver is a function bound to by name?
 * @pdev: the function
 * @buf: filled with the name, empty when there is none
 * @len: size of @buf in bytes
 *
 * In 7.1 the override moved from struct pci_dev to struct device, with a spinlock of
 * its own; stable kernels took that (6.12.117 has it). In 7.0 both have a field, and the
 * PCI core looks at that of struct pci_dev: where there is one, it counts.
 *
 * Context: process context, @pdev's device lock not held; sleeps up to GPUPT_LOCK_MS where
 * that lock protects the name.
 * Return: 0 or -EBUSY.
 */
static inline int gpupt_get_driver_override(struct pci_dev *pdev, char *buf, size_t len)
{
#ifdef GPUPT_HAVE_PCI_DRIVER_OVERRIDE
	buf[0] = '\0';
	if (!gpupt_lock(&pdev->dev, GPUPT_LOCK_MS))
		return -EBUSY;
	strscpy(buf, pdev->driver_override ?: "", len);
	device_unlock(&pdev->dev);
#else
	spin_lock(&pdev->dev.driver_override.lock);
	strscpy(buf, pdev->dev.driver_override.name ?: "", len);
	spin_unlock(&pdev->dev.driver_override.lock);
#endif
	return 0;
}

/**
 * gpupt_set_driver_override() - only this driver may bind to a function
 * @pdev: the function
 * @name: name of the driver, empty for any
 *
 * driver_set_override() does the same, but waits for the lock without a limit.
 *
 * Context: as gpupt_get_driver_override().
 * Return: 0, -EBUSY or -ENOMEM.
 */
static inline int gpupt_set_driver_override(struct pci_dev *pdev, const char *name)
{
#ifdef GPUPT_HAVE_PCI_DRIVER_OVERRIDE
	const char *former, *copy = *name ? kstrdup(name, GFP_KERNEL) : NULL;

	if (*name && !copy)
		return -ENOMEM;
	if (!gpupt_lock(&pdev->dev, GPUPT_LOCK_MS)) {
		kfree(copy);
		return -EBUSY;
	}
	former = pdev->driver_override;
	pdev->driver_override = copy;
	device_unlock(&pdev->dev);
	kfree(former);
	return 0;
#else
	return device_set_driver_override(&pdev->dev, name);
#endif
}

/**
 * gpupt_has_isolated_msi() - can nobody but its owner raise a device's interrupts?
 * @dev: the device
 *
 * Since 6.3 the kernel tells by a flag of the interrupt domains. Before, VFIO asked
 * the IOMMU driver, which knows nothing when it does not translate; only the domains
 * that remap have "-IR" in their names, then and now.
 *
 * Context: any.
 * Return: true when that is so.
 */
#ifdef GPUPT_HAVE_ISOLATED_MSI
static inline bool gpupt_has_isolated_msi(struct device *dev)
{
	return msi_device_has_isolated_msi(dev);
}
#else
static inline bool gpupt_has_isolated_msi(struct device *dev)
{
	struct irq_domain *domain;

	for (domain = dev_get_msi_domain(dev); domain; domain = domain->parent)
		if (domain->name && strstr(domain->name, "-IR"))
			return true;
	return false;
}
#endif

#ifdef CONFIG_PCIEAER
/**
 * gpupt_is_aer_service() - does the kernel's error reporting have this service of a port?
 * @dev: a child of a root port
 * @unused: for device_for_each_child()
 *
 * Context: any.
 * Return: 1 when it does.
 */
static inline int gpupt_is_aer_service(struct device *dev, void *unused)
{
	const struct device_driver *driver = READ_ONCE(dev->driver);

	return dev->bus && !strcmp(dev->bus->name, "pci_express") && driver &&
	       !strcmp(driver->name, "aer");
}
#endif

/**
 * gpupt_native_aer() - error reporting of a port, if it is the kernel's
 * @port: the port
 *
 * struct pci_dev has the offset only in kernels that report errors. With pcie_ports=native
 * the kernel takes error reporting also where firmware has not given it away
 * (pcie_aer_is_native()); no interface says so, but the driver "aer" is then bound to the
 * service of the root port.
 *
 * Context: process context.
 * Return: offset of the capability, 0 when there is none or firmware kept it.
 */
static inline u16 gpupt_native_aer(struct pci_dev *port)
{
#ifdef CONFIG_PCIEAER
	struct pci_dev *root = pcie_find_root_port(port);

	if (pci_find_host_bridge(port->bus)->native_aer ||
	    (root && device_for_each_child(&root->dev, NULL, gpupt_is_aer_service)))
		return port->aer_cap;
#endif
	return 0;
}

#endif /* GPUPT_COMPAT_H */
