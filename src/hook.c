// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks on pci_dev_specific_reset() and, if wanted, on
 * pcibios_reset_secondary_bus().
 *
 * The handler of ftrace sends GPUs that the module manages to the first, and nothing else:
 * a quirk that a later kernel has for another NVIDIA function stays in force.
 *
 * The second sees the bus resets that the kernel does without asking for a method:
 * VFIO's hot reset and the one when it is closed, reset_subordinate, and those of
 * error recovery. It is on by default: the original leaves it to its callers to wait
 * for config space, nobody waits for the card's firmware, and 6.1 and 6.12 were seen to
 * take the link change for a card pulled out. Our own bus resets write to the port and do
 * not come through it.
 */
#include <linux/build_bug.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "gpupt/activate.h"
#include "gpupt/answer.h"
#include "gpupt/btf.h"
#include "gpupt/device.h"
#include "gpupt/hook.h"
#include "gpupt/log.h"
#include "gpupt/redirect.h"

static bool hook_wanted = true;

static int set_hook(const char *val, const struct kernel_param *kp)
{
	if (sysfs_streq(val, "auto")) {
		hook_wanted = true;
	} else if (sysfs_streq(val, "off")) {
		hook_wanted = false;
	} else {
		pr_err("gpupt_reset: hook=%s is not understood, use auto or off\n", val);
		return -EINVAL;
	}
	return 0;
}

static const struct kernel_param_ops hook_ops = { .set = set_hook };
module_param_cb(hook, &hook_ops, NULL, 0);
MODULE_PARM_DESC(hook, "answer the kernel's device-specific reset: auto (default) or off");

static bool sbr_hook = true;
module_param(sbr_hook, bool, 0);
MODULE_PARM_DESC(sbr_hook, "do and verify also the bus resets for which the kernel asks no method: 1 (default) or 0; hook=off implies 0");

static bool notrace wants_reset(const void *arg)
{
	return gpupt_device_is_gpu(arg);
}

/*
 * In place of pci_dev_specific_reset(). The reference is taken here and not in
 * the handler, since another module's handler may send the call elsewhere.
 */
static int replacement(struct pci_dev *pdev, bool probe)
{
	int ret;

	if (!try_module_get(THIS_MODULE))
		return -ENOTTY;
	if (probe)
		ret = gpupt_answer_probe(pdev);
	else
		ret = gpupt_answer_reset(pdev);
	module_put(THIS_MODULE);
	return ret;
}

static struct gpupt_redirect redirect = {
	.name = "pci_dev_specific_reset",
	.to = replacement,
	.prototype = "int (struct pci_dev *, _Bool)",
	.wants = wants_reset,
	.share = true,
};

static bool notrace wants_bus_reset(const void *arg)
{
	return gpupt_device_is_our_port(arg);
}

/*
 * As pci_reset_secondary_bus() of the kernel, which is not exported. Does not
 * sleep: without a reference on the module only a task that does not sleep is
 * waited for in gpupt_hook_stop().
 */
static void reset_bus(struct pci_dev *port)
{
	u16 ctl;

	pci_read_config_word(port, PCI_BRIDGE_CONTROL, &ctl);
	pci_write_config_word(port, PCI_BRIDGE_CONTROL, ctl | PCI_BRIDGE_CTL_BUS_RESET);
	mdelay(2);
	pci_write_config_word(port, PCI_BRIDGE_CONTROL, ctl & ~PCI_BRIDGE_CTL_BUS_RESET);
}

/*
 * Kernels before 6.3 wait for a second in pci_reset_secondary_bus(), later ones in its
 * callers. So that is waited for here until function 0 answers, at most as long.
 */
static void wait_for_bus(struct pci_dev *port)
{
	unsigned long deadline = jiffies + HZ;
	u32 id;

	/* PCIe r6.0, sec 6.6.1: no config request in the first 100 ms. */
	msleep(100);
	while (port->subordinate && time_before(jiffies, deadline)) {
		pci_bus_read_config_dword(port->subordinate, 0, PCI_VENDOR_ID, &id);
		if (id != ~0U && (id & 0xffff) != 1)
			break;
		msleep(20);
	}
}

/*
 * In place of pcibios_reset_secondary_bus(), which no platform on x86 overrides. It
 * cannot fail: a card that does not come back is in the log and in gpupt/state.
 */
static void bus_replacement(struct pci_dev *port)
{
	if (!try_module_get(THIS_MODULE)) {
		reset_bus(port);
		return;
	}
	if (!gpupt_answer_bus_reset(port)) {
		reset_bus(port);
		wait_for_bus(port);
	}
	module_put(THIS_MODULE);
}

static_assert(__same_type(pcibios_reset_secondary_bus, bus_replacement));

static struct gpupt_redirect bus_redirect = {
	.name = "pcibios_reset_secondary_bus",
	.to = bus_replacement,
	.prototype = "void (struct pci_dev *)",
	.wants = wants_bus_reset,
};

const char *gpupt_hook_mode(void)
{
	switch (redirect.mode) {
	case GPUPT_REDIRECT_FTRACE:
		return "ftrace";
	case GPUPT_REDIRECT_SHARED:
		return "ftrace-shared";
	default:
		return "off";
	}
}

void gpupt_hook_adopt(struct gpupt_device *gdev)
{
	int ret;

	if (redirect.mode == GPUPT_REDIRECT_OFF || !gdev->model)
		return;
	ret = gpupt_activate(gdev->pdev, &gdev->activation);
	if (ret)
		gpupt_warn(gdev->pdev, "device_specific reset is not active: %pe; VFIO will not use this module for it, write 1 to gpupt_reset by hand\n",
			   ERR_PTR(ret));
}

/*
 * No header declares the one, and the other is weak: that they are what they were is read
 * from the type information of the running kernel. One without is believed.
 */
static int start(struct gpupt_redirect *r, const void *btf, size_t btf_len)
{
	return gpupt_btf_expect(btf, btf_len, r->name, r->prototype) ?: gpupt_redirect_start(r);
}

static void hook_bus_reset(const void *btf, size_t btf_len)
{
	int ret = start(&bus_redirect, btf, btf_len);

	gpupt_answer_buses(!ret);
	if (ret)
		pr_warn("gpupt_reset: cannot hook %s: %pe; hot resets of VFIO and reset_subordinate are not verified\n",
			bus_redirect.name, ERR_PTR(ret));
}

void gpupt_hook_start(void)
{
	struct gpupt_device *gdev = NULL;
	size_t btf_len = 0;
	void *btf;
	int ret;

	if (!hook_wanted)
		return;
	btf = gpupt_btf_read(&btf_len);
	if (sbr_hook)
		hook_bus_reset(btf, btf_len);
	ret = start(&redirect, btf, btf_len);
	if (!IS_ERR(btf))
		kvfree(btf);
	if (ret) {
		pr_warn("gpupt_reset: cannot hook %s: %pe; VFIO will not use this module, write 1 to gpupt_reset by hand\n",
			redirect.name, ERR_PTR(ret));
		return;
	}
	if (redirect.mode == GPUPT_REDIRECT_SHARED)
		pr_warn("gpupt_reset: another module has hooked %s; sharing it works with vendor-reset, not with a live patch of that function\n",
			redirect.name);

	while ((gdev = gpupt_device_next(gdev)))
		gpupt_hook_adopt(gdev);
}

void gpupt_hook_stop(void)
{
	gpupt_answer_buses(false);
	gpupt_redirect_stop(&bus_redirect);
	gpupt_redirect_stop(&redirect);
	/* A task may be behind module_put() in a replacement still. */
	synchronize_rcu_tasks();
}
