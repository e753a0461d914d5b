// SPDX-License-Identifier: GPL-2.0
/* The module's parts, as main.c starts them, and its files and parameters; see parts.h. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "gpupt/device.h"
#include "gpupt/sysfs.h"
#include "gpupt/watch.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "parts.h"

/* Parameters, and what they are by default. */
static const char * const defaults[][2] = {
	{ "deny", "" }, { "claim", "" }, { "d3cold", "block" }, { "verify", "full" },
};

static bool have_sysfs, have_watch;

void parts_start(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, gpupt_sysfs_start(), 0);
	have_sysfs = true;
	KUNIT_ASSERT_EQ(test, gpupt_watch_start(), 0);
	have_watch = true;
}

static int set_param(const char *name, const char *val)
{
#ifdef MODULE
	struct module *mod = THIS_MODULE;
	unsigned int i;

	for (i = 0; i < mod->num_kp; i++)
		if (!strcmp(mod->kp[i].name, name))
			return mod->kp[i].ops->set(val, &mod->kp[i]);
#endif
	return -ENOENT;
}

int parts_param(struct kunit *test, const char *name, const char *val)
{
	return set_param(name, val);
}

void parts_stop(void)
{
	unsigned int i;

	if (have_watch)
		gpupt_watch_stop();
	have_watch = false;
	if (have_sysfs)
		gpupt_sysfs_stop();
	have_sysfs = false;
	for (i = 0; i < ARRAY_SIZE(defaults); i++)
		set_param(defaults[i][0], defaults[i][1]);
}

void parts_tear_down(struct kunit *test)
{
	parts_stop();
	fake_driver_stop(&fake_vfio);
	fake_driver_stop(&fake_host);
	fake_bus_destroy(test);
}

struct gpupt_device *parts_record(struct pci_dev *pdev)
{
	struct gpupt_device *gdev = gpupt_device_find(pdev);

	if (gdev)
		gpupt_device_put(gdev);
	return gdev;
}

/* By a mount of its own: from 7.0 on a kernel thread sees no file system of anybody. */
static struct file *open_file(struct pci_dev *pdev, const char *name, int flags)
{
	struct vfsmount *mnt = kern_mount(get_fs_type("sysfs"));
	struct file *file;
	struct path root;
	char path[96];

	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	root = (struct path){ .mnt = mnt, .dentry = mnt->mnt_root };
	if (pdev)
		snprintf(path, sizeof(path), "bus/pci/devices/%s/%s", pci_name(pdev), name);
	else
		snprintf(path, sizeof(path), "kernel/gpupt/%s", name);
	file = file_open_root(&root, path, flags, 0);
	kern_unmount(mnt);
	return file;
}

int parts_read(struct pci_dev *pdev, const char *name, char *buf, size_t len)
{
	struct file *file = open_file(pdev, name, O_RDONLY);
	loff_t pos = 0;
	ssize_t n;

	buf[0] = '\0';
	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_read(file, buf, len - 1, &pos);
	filp_close(file, NULL);
	if (n < 0)
		return n;
	buf[n] = '\0';
	/* exactly one */
	if (!n || buf[n - 1] != '\n')
		return -EPROTO;
	buf[n - 1] = '\0';
	return 0;
}

int parts_write(struct pci_dev *pdev, const char *name, const char *buf, size_t len)
{
	struct file *file = open_file(pdev, name, O_WRONLY);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, buf, len, &pos);
	filp_close(file, NULL);
	return n < 0 ? n : n == len ? 0 : -EPROTO;
}

int parts_mode(struct pci_dev *pdev, const char *name)
{
	struct file *file = open_file(pdev, name, O_PATH);
	int mode;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mode = file_inode(file)->i_mode & 07777;
	filp_close(file, NULL);
	return mode;
}
