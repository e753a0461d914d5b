# SPDX-License-Identifier: GPL-2.0
# What compat.h is told of the kernel's headers, for Kbuild here and in kunit/. Headers decide, not the version: stable
# kernels move interfaces. Each probe looks for the declaration itself that compat.h then uses, in the form that it uses:
# a neighbour of it says nothing (7.0 has driver_override in struct device, and its PCI core looks elsewhere). What each
# finds in which kernel: Documentation/kernels.rst.
gpupt-probe = $(if $(shell grep -slE '$(2)' $(srctree)/include/linux/$(1)),-D$(3))

ccflags-y += $(call gpupt-probe,iommu.h,^int pci_dev_reset_iommu_prepare.struct pci_dev \*,GPUPT_HAVE_PCI_DEV_RESET_IOMMU)
ccflags-y += $(call gpupt-probe,msi.h,^bool msi_device_has_isolated_msi.struct device \*,GPUPT_HAVE_ISOLATED_MSI)
ccflags-y += $(call gpupt-probe,pci.h,^[[:space:]]+const char[[:space:]]+\*driver_override;,GPUPT_HAVE_PCI_DRIVER_OVERRIDE)
