/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before hw_pci.c when that is built for the tests: its BAR0 is the fake
 * bus's, and the time it sleeps passes at once. So neither has to be RAM that the
 * host lends, nor has a case to wait for a card. The IOMMU's share of a reset, which
 * few kernels have, is the fake's on all of them.
 */
#ifndef FAKE_MMIO_H
#define FAKE_MMIO_H

#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

/* Not in fake time: the kernel wakes a function in a task of its own. */
#define WAKE_MS	2000

void __iomem *fake_ioremap(phys_addr_t start, size_t len);
void fake_iounmap(void __iomem *addr);
u32 fake_ioread32(const void __iomem *addr);
void fake_iowrite32(u32 val, void __iomem *addr);
ktime_t fake_ktime_get(void);
void fake_fsleep(unsigned long us);
int fake_iommu_prepare(struct pci_dev *pdev);
void fake_iommu_done(struct pci_dev *pdev);

#ifndef FAKE_MMIO_IMPLEMENTATION
#include "gpupt/compat.h"
#undef ioremap
#undef iounmap
#undef ioread32
#undef iowrite32
#define ioremap fake_ioremap
#define iounmap fake_iounmap
#define ioread32 fake_ioread32
#define iowrite32 fake_iowrite32
#define ktime_get fake_ktime_get
#define fsleep fake_fsleep
#define pci_dev_reset_iommu_prepare fake_iommu_prepare
#define pci_dev_reset_iommu_done fake_iommu_done
#endif

#endif /* FAKE_MMIO_H */
