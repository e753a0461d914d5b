/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The module's parts, as main.c starts them, and its files and parameters
 */
#ifndef PARTS_H
#define PARTS_H

#include <linux/types.h>

struct gpupt_device;
struct kunit;
struct pci_dev;

/**
 * parts_start() - manage the cards that there are
 * @test: the case, which ends when that does not work
 */
void parts_start(struct kunit *test);

/**
 * parts_stop() - as when the module is unloaded, parameters back to their defaults
 *
 * Does what is left to do when nothing, or not all, was started.
 */
void parts_stop(void);

/**
 * parts_tear_down() - exit function of a suite: parts, drivers and the fake bus, whatever there is
 * @test: the case
 */
void parts_tear_down(struct kunit *test);

/**
 * parts_param() - set a parameter as insmod does
 * @test: the case
 * @name: its name
 * @val: its text
 *
 * Return: 0 or -errno.
 */
int parts_param(struct kunit *test, const char *name, const char *val);

/**
 * parts_record() - record of a function
 * @pdev: the function
 *
 * Return: the record, not referenced, or NULL.
 */
struct gpupt_device *parts_record(struct pci_dev *pdev);

/**
 * parts_read() - read a file below a function's directory
 * @pdev: the function, NULL for /sys/kernel/gpupt
 * @name: of the file
 * @buf: filled, without the newline
 * @len: size of @buf in bytes
 *
 * Return: 0 or -errno.
 */
int parts_read(struct pci_dev *pdev, const char *name, char *buf, size_t len);

/**
 * parts_write() - write to such a file
 * @pdev: as for parts_read()
 * @name: as for parts_read()
 * @buf: what to write
 * @len: so many bytes of it
 *
 * Return: 0 or -errno.
 */
int parts_write(struct pci_dev *pdev, const char *name, const char *buf, size_t len);

/**
 * parts_mode() - permissions of such a file
 * @pdev: as for parts_read()
 * @name: as for parts_read()
 *
 * Return: its permissions, or -errno.
 */
int parts_mode(struct pci_dev *pdev, const char *name);

#endif /* PARTS_H */
