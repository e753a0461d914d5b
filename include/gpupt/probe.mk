# SPDX-License-Identifier: GPL-2.0
# What compat.h is told of the kernel's headers, for Kbuild here and in kunit/.
# Headers decide, not the version: stable kernels move interfaces.
gpupt-probe = $(if $(shell grep -sl '$(2)' $(srctree)/include/linux/$(1)),-D$(3))

ccflags-y += $(call gpupt-probe,iommu.h,pci_dev_reset_iommu_prepare,GPUPT_HAVE_PCI_DEV_RESET_IOMMU)
ccflags-y += $(call gpupt-probe,msi.h,msi_device_has_isolated_msi,GPUPT_HAVE_ISOLATED_MSI)
ccflags-y += $(call gpupt-probe,device.h,__device_set_driver_override,GPUPT_HAVE_DEVICE_DRIVER_OVERRIDE)
