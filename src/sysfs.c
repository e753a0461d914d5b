// SPDX-License-Identifier: GPL-2.0
/* Attributes: parse, call, emit. */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <linux/sysfs.h>

#include "gpupt/card.h"
#include "gpupt/claim.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/hook.h"
#include "gpupt/inform.h"
#include "gpupt/model.h"
#include "gpupt/recover.h"
#include "gpupt/report.h"
#include "gpupt/survey.h"
#include "gpupt/sysfs.h"

static const char * const state_words[] = {
	[GPUPT_STATE_UNKNOWN] = "unknown",
	[GPUPT_STATE_OK] = "ok",
	[GPUPT_STATE_HUNG] = "hung",
	[GPUPT_STATE_DEAD] = "dead",
	[GPUPT_STATE_RESETTING] = "resetting",
};

static ssize_t gpupt_reset_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_device *gdev = gpupt_device_find(to_pci_dev(dev));
	u8 ladder[GPUPT_LADDER_LEN];
	unsigned int i, n;
	int len = 0;

	if (!gdev)
		return -ENODEV;
	n = gpupt_card_rungs(gdev, ladder);
	gpupt_device_put(gdev);
	for (i = 0; i < n; i++)
		len += sysfs_emit_at(buf, len, "%s%s", i ? " " : "", gpupt_rung_name(ladder[i]));
	len += sysfs_emit_at(buf, len, "\n");
	return len;
}

/*
 * Runs @act without the active protection of the file that was written to. Removal of the
 * file waits for that, and may happen inside of @act, or in a task that holds up one of the
 * bus's notifiers, which @act goes through as well.
 */
static int act_on(struct device *dev, struct device_attribute *attr,
		  int (*act)(struct gpupt_device *gpu, unsigned int how), unsigned int how)
{
	struct gpupt_device *gdev = NULL;
	struct kernfs_node *self;
	int ret = -ENODEV;

	/* So that rmmod meanwhile is refused instead of kept waiting. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	self = sysfs_break_active_protection(&dev->kobj, &attr->attr);
	if (self)
		gdev = gpupt_device_find(to_pci_dev(dev));
	if (gdev) {
		ret = act(gdev, how);
		gpupt_device_put(gdev);
	}
	if (self)
		sysfs_unbreak_active_protection(self);
	module_put(THIS_MODULE);
	return ret;
}

static int recover(struct gpupt_device *gpu, unsigned int rung)
{
	return gpupt_recover(gpu, rung);
}

static ssize_t gpupt_reset_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	enum gpupt_rung rung = GPUPT_RUNG_NONE;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (strnlen(buf, count) != count)
		return -EINVAL;
	if (!sysfs_streq(buf, "1")) {
		rung = gpupt_rung_parse(buf);
		if (rung == GPUPT_RUNG_NONE)
			return -EINVAL;
	}
	return act_on(dev, attr, recover, rung) ?: count;
}
static DEVICE_ATTR_ADMIN_RW(gpupt_reset);

static ssize_t gpupt_claim_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_device *gdev = gpupt_device_find(to_pci_dev(dev));
	bool holds;

	if (!gdev)
		return -ENODEV;
	holds = gpupt_claim_holds(gdev);
	gpupt_device_put(gdev);
	return sysfs_emit(buf, "%d\n", holds);
}

static int take(struct gpupt_device *gpu, unsigned int force)
{
	return gpupt_claim_take(gpu, force);
}

static int give_back(struct gpupt_device *gpu, unsigned int unused)
{
	return gpupt_claim_give_back(gpu);
}

static ssize_t gpupt_claim_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	bool force;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (strnlen(buf, count) != count)
		return -EINVAL;
	if (sysfs_streq(buf, "0"))
		return act_on(dev, attr, give_back, 0) ?: count;
	force = sysfs_streq(buf, "force");
	if (!force && !sysfs_streq(buf, "1"))
		return -EINVAL;
	return act_on(dev, attr, take, force) ?: count;
}
static DEVICE_ATTR_ADMIN_RW(gpupt_claim);

static ssize_t family_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", gpupt_model_find(to_pci_dev(dev)->device)->family);
}
static DEVICE_ATTR_RO(family);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_device *gdev = gpupt_device_find(to_pci_dev(dev));
	enum gpupt_state state;

	if (!gdev)
		return -ENODEV;
	gpupt_device_notice_bypass(gdev);
	state = gpupt_device_state(gdev);
	gpupt_device_put(gdev);
	return sysfs_emit(buf, "%s\n", state_words[state]);
}
static DEVICE_ATTR_RO(state);

static int get_status(struct device *dev, struct gpupt_status *status)
{
	struct gpupt_device *gdev = gpupt_device_find(to_pci_dev(dev));

	if (!gdev)
		return -ENODEV;
	*status = gpupt_device_status(gdev);
	gpupt_device_put(gdev);
	return 0;
}

static ssize_t last_rung_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_status status;
	int ret = get_status(dev, &status);

	return ret ?: sysfs_emit(buf, "%s\n", gpupt_rung_name(status.last.rung));
}
static DEVICE_ATTR_RO(last_rung);

static ssize_t last_result_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_status status;
	int ret = get_status(dev, &status);
	char word[24];

	if (ret)
		return ret;
	if (status.last.rung == GPUPT_RUNG_NONE)
		return sysfs_emit(buf, "none\n");
	if (!status.last.result)
		return sysfs_emit(buf, "ok\n");
	/* %pe prints "-EIO", or the bare number on a kernel without errno names. */
	snprintf(word, sizeof(word), "%pe", ERR_PTR(status.last.result));
	return sysfs_emit(buf, "%s\n", word + (word[0] == '-'));
}
static DEVICE_ATTR_RO(last_result);

static ssize_t last_ms_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_status status;
	int ret = get_status(dev, &status);

	if (ret)
		return ret;
	if (status.last.rung == GPUPT_RUNG_NONE)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%u\n", status.last.ms);
}
static DEVICE_ATTR_RO(last_ms);

static ssize_t signs_missed_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	char words[GPUPT_SIGN_WORDS];
	struct gpupt_status status;
	int ret = get_status(dev, &status);

	if (ret)
		return ret;
	if (!gpupt_card_sign_words(status.last.missed, words, sizeof(words)))
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%s\n", words);
}
static DEVICE_ATTR_RO(signs_missed);

static ssize_t resets_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_status status;
	int ret = get_status(dev, &status);

	return ret ?: sysfs_emit(buf, "%llu\n", status.resets);
}
static DEVICE_ATTR_RO(resets);

static ssize_t failures_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_status status;
	int ret = get_status(dev, &status);

	return ret ?: sysfs_emit(buf, "%llu\n", status.failures);
}
static DEVICE_ATTR_RO(failures);

static ssize_t iommu_group_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int group = gpupt_survey_group(to_pci_dev(dev));

	return group < 0 ? sysfs_emit(buf, "none\n") : sysfs_emit(buf, "%d\n", group);
}
static DEVICE_ATTR_RO(iommu_group);

/* The facts about a card, to be freed with kfree(); NULL without memory. */
static struct gpupt_card_facts *get_facts(struct device *dev)
{
	struct gpupt_card_facts *facts = kmalloc(sizeof(*facts), GFP_KERNEL);

	if (facts)
		gpupt_survey_card(facts, to_pci_dev(dev));
	return facts;
}

static ssize_t isolated_msi_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", gpupt_has_isolated_msi(dev));
}
static DEVICE_ATTR_RO(isolated_msi);

static ssize_t viable_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_card_facts *facts = get_facts(dev);
	ssize_t len;

	if (!facts)
		return -ENOMEM;
	len = sysfs_emit(buf, "%s\n", gpupt_report_viable(facts));
	kfree(facts);
	return len;
}
static DEVICE_ATTR_RO(viable);

static ssize_t acs_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	char no_acs[GPUPT_BDF_LEN];

	gpupt_survey_acs(to_pci_dev(dev), no_acs, sizeof(no_acs));
	return sysfs_emit(buf, "%s\n", no_acs[0] ? no_acs : "ok");
}
static DEVICE_ATTR_RO(acs);

static ssize_t framebuffer_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpupt_card_facts *facts = get_facts(dev);
	ssize_t len;

	if (!facts)
		return -ENOMEM;
	len = facts->framebuffer < 0 ? sysfs_emit(buf, "none\n") :
				       sysfs_emit(buf, "%d\n", facts->framebuffer);
	kfree(facts);
	return len;
}
static DEVICE_ATTR_RO(framebuffer);

static struct attribute *action_attrs[] = {
	&dev_attr_gpupt_reset.attr,
	&dev_attr_gpupt_claim.attr,
	NULL
};

static struct attribute *fact_attrs[] = {
	&dev_attr_family.attr,
	&dev_attr_state.attr,
	&dev_attr_last_rung.attr,
	&dev_attr_last_result.attr,
	&dev_attr_last_ms.attr,
	&dev_attr_signs_missed.attr,
	&dev_attr_resets.attr,
	&dev_attr_failures.attr,
	&dev_attr_iommu_group.attr,
	&dev_attr_isolated_msi.attr,
	&dev_attr_viable.attr,
	&dev_attr_acs.attr,
	&dev_attr_framebuffer.attr,
	NULL
};

static const struct attribute_group action_group = { .attrs = action_attrs };
static const struct attribute_group fact_group = { .name = "gpupt", .attrs = fact_attrs };
static const struct attribute_group *gpu_groups[] = { &action_group, &fact_group, NULL };

int gpupt_sysfs_add(struct gpupt_device *gdev)
{
	return sysfs_create_groups(&gdev->pdev->dev.kobj, gpu_groups);
}

void gpupt_sysfs_remove(struct gpupt_device *gdev)
{
	sysfs_remove_groups(&gdev->pdev->dev.kobj, gpu_groups);
}

static ssize_t hook_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", gpupt_hook_mode());
}

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", GPUPT_VERSION);
}

static ssize_t iommu_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct gpupt_host_facts facts;

	gpupt_survey_host(&facts);
	return sysfs_emit(buf, "%s\n", gpupt_report_iommu(&facts));
}

static ssize_t iommu_domain_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct gpupt_host_facts facts;

	gpupt_survey_host(&facts);
	return sysfs_emit(buf, "%s\n", gpupt_report_domain(&facts));
}

static ssize_t interrupt_remapping_show(struct kobject *kobj, struct kobj_attribute *attr,
					char *buf)
{
	struct gpupt_host_facts facts;

	gpupt_survey_host(&facts);
	return sysfs_emit(buf, "%s\n", str_on_off(facts.remapping));
}

static ssize_t report_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t count)
{
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (strnlen(buf, count) != count || !sysfs_streq(buf, "1"))
		return -EINVAL;
	ret = gpupt_inform_all();
	return ret ?: count;
}

static struct kobj_attribute iommu_attr = __ATTR_RO(iommu);
static struct kobj_attribute iommu_domain_attr = __ATTR_RO(iommu_domain);
static struct kobj_attribute interrupt_remapping_attr = __ATTR_RO(interrupt_remapping);
static struct kobj_attribute report_attr = __ATTR(report, 0200, NULL, report_store);
static struct kobj_attribute hook_attr = __ATTR_RO(hook);
static struct kobj_attribute version_attr = __ATTR_RO(version);

static struct attribute *host_attrs[] = {
	&iommu_attr.attr,
	&iommu_domain_attr.attr,
	&interrupt_remapping_attr.attr,
	&report_attr.attr,
	&hook_attr.attr,
	&version_attr.attr,
	NULL
};

static const struct attribute_group host_group = { .attrs = host_attrs };
static struct kobject *host_kobj;

int gpupt_sysfs_start(void)
{
	int ret;

	host_kobj = kobject_create_and_add("gpupt", kernel_kobj);
	if (!host_kobj)
		return -ENOMEM;
	ret = sysfs_create_group(host_kobj, &host_group);
	if (ret)
		kobject_put(host_kobj);
	return ret;
}

void gpupt_sysfs_stop(void)
{
	sysfs_remove_group(host_kobj, &host_group);
	kobject_put(host_kobj);
}
