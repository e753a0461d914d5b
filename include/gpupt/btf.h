/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The kernel's type information
 *
 * BTF says what type a function of the running kernel has, also one that no header of it
 * declares.
 */
#ifndef GPUPT_BTF_H
#define GPUPT_BTF_H

#include <linux/types.h>

/**
 * gpupt_btf_read() - the type information of the running kernel
 * @len: set to its length in bytes
 *
 * Context: process context; the calling task has sysfs at /sys.
 * Return: the BTF, to be freed with kvfree(), or an ERR_PTR(): -ENOENT when the kernel has none.
 */
void *gpupt_btf_read(size_t *len);

/**
 * gpupt_btf_prototype() - type of a function
 * @btf: the BTF
 * @len: its length in bytes
 * @name: name of the function
 * @buf: filled with the type, without names and qualifiers: ``int (struct pci_dev *, _Bool)``
 * @size: size of @buf in bytes
 *
 * Context: process context.
 * Return: 0, -ENOENT when the BTF has no such function, -EINVAL when it is of a form that
 * this does not know, -ENAMETOOLONG when @buf is too small, -ENOMEM.
 */
int gpupt_btf_prototype(const void *btf, size_t len, const char *name, char *buf, size_t size);

/**
 * gpupt_btf_expect() - is a function of the type that we know?
 * @btf: the BTF, or an ERR_PTR()
 * @len: its length in bytes
 * @name: name of the function
 * @prototype: the type, as gpupt_btf_prototype() writes it
 *
 * Context: process context.
 * Return: 0 when it is, or when that cannot be known; -EPROTOTYPE, which is in the log
 * with both types, when it is not.
 */
int gpupt_btf_expect(const void *btf, size_t len, const char *name, const char *prototype);

#endif /* GPUPT_BTF_H */
