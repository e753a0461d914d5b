// SPDX-License-Identifier: GPL-2.0
/* A card changes hands: every function of it or none, whatever goes wrong and when. */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "gpupt/rebind.h"

#define VFIO	"vfio-pci"
#define RIVAL	"rival"
/* Function 4 is not there. */
#define PRESENT	0x0f
#define MAX_CALLS	64

/**
 * struct fake_card - a card, and drivers that obey driver_override as the kernel's do
 * @rebind: what is tested
 * @test: the case that runs
 * @fn: whose each function is; binding.any is not used
 * @native: driver of the host for each function, which binds without an override
 * @native_loaded: they are there
 * @vfio_refuses: mask of the functions that vfio-pci does not take
 * @native_refuses: mask of the functions that their own drivers do not take
 * @keep: mask of the functions that may not be released
 * @rival: a driver that takes any function that has neither driver nor override, as
 *	soon as something is done
 * @fail_at: number of the call that fails, from 1; 0: none
 * @failed: which error it gave
 * @calls: calls that could fail
 * @released: functions in the order in which they were released
 * @bound: and bound, by attach()
 * @between: between() was called, with so many functions released
 * @lost: mask of the functions reported lost
 */
struct fake_card {
	struct gpupt_rebind rebind;
	struct kunit *test;
	struct gpupt_binding fn[GPUPT_FUNCTIONS];
	const char *native[GPUPT_FUNCTIONS];
	bool native_loaded;
	u8 vfio_refuses;
	u8 native_refuses;
	u8 keep;
	bool rival;
	unsigned int fail_at;
	int failed;
	unsigned int calls;
	char released[MAX_CALLS];
	char bound[MAX_CALLS];
	int between;
	u8 lost;
};

/* Too large for the stack; cases run one after the other. */
static struct gpupt_binding to[GPUPT_FUNCTIONS], before[GPUPT_FUNCTIONS];

static struct fake_card *to_fake(struct gpupt_rebind *r)
{
	return container_of(r, struct fake_card, rebind);
}

static void note(char *list, unsigned int fn)
{
	size_t n = strlen(list);

	if (n < MAX_CALLS - 1)
		list[n] = '0' + fn;
}

/* A function that stands open is taken. */
static void rival_acts(struct fake_card *f)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS && f->rival; fn++)
		if ((f->rebind.present & BIT(fn)) && !f->fn[fn].driver[0] && !f->fn[fn].override[0])
			strscpy(f->fn[fn].driver, RIVAL, GPUPT_DRIVER_LEN);
}

static int maybe_fail(struct fake_card *f, int error)
{
	if (++f->calls != f->fail_at)
		return 0;
	f->failed = error;
	return error;
}

static void check_fn(struct fake_card *f, unsigned int fn)
{
	KUNIT_EXPECT_TRUE_MSG(f->test, f->rebind.present & BIT(fn), "function %u is not there", fn);
}

static int fake_get(struct gpupt_rebind *r, unsigned int fn, struct gpupt_binding *binding)
{
	check_fn(to_fake(r), fn);
	*binding = to_fake(r)->fn[fn];
	return maybe_fail(to_fake(r), -EAGAIN);
}

static int fake_set_override(struct gpupt_rebind *r, unsigned int fn, const char *name)
{
	struct fake_card *f = to_fake(r);
	int ret = maybe_fail(f, -ENOMEM);

	check_fn(f, fn);
	if (!ret)
		strscpy(f->fn[fn].override, name, GPUPT_DRIVER_LEN);
	rival_acts(f);
	return ret;
}

static int fake_may_release(struct gpupt_rebind *r, unsigned int fn)
{
	struct fake_card *f = to_fake(r);

	check_fn(f, fn);
	KUNIT_EXPECT_STREQ_MSG(f->test, f->released, "", "asked after something was released");
	return maybe_fail(f, -EBUSY) ?: (f->keep & BIT(fn)) ? -EBUSY : 0;
}

static int fake_detach(struct gpupt_rebind *r, unsigned int fn)
{
	struct fake_card *f = to_fake(r);
	int ret = maybe_fail(f, -EAGAIN);
	unsigned int i;

	check_fn(f, fn);
	KUNIT_EXPECT_NE_MSG(f->test, f->fn[fn].driver[0], '\0', "function %u has no driver", fn);
	KUNIT_EXPECT_FALSE_MSG(f->test, f->keep & BIT(fn), "function %u was to be kept", fn);
	/* The others need the GPU awake. */
	for (i = 0; fn == r->gpu && i < GPUPT_FUNCTIONS; i++)
		KUNIT_EXPECT_TRUE_MSG(f->test,
				      i == fn || !f->fn[i].driver[0] ||
				      !strcmp(f->fn[i].driver, f->fn[i].override),
				      "the GPU was released before function %u", i);
	if (ret)
		return ret;
	f->fn[fn].driver[0] = '\0';
	note(f->released, fn);
	rival_acts(f);
	return 0;
}

static int fake_attach(struct gpupt_rebind *r, unsigned int fn)
{
	struct fake_card *f = to_fake(r);
	const char *want = f->fn[fn].override;
	int ret = maybe_fail(f, -ENODEV);

	check_fn(f, fn);
	if (ret || f->fn[fn].driver[0])
		return ret;
	if (!want[0])
		want = f->native[fn] ?: "";
	if (!strcmp(want, VFIO) && !(f->vfio_refuses & BIT(fn)))
		strscpy(f->fn[fn].driver, VFIO, GPUPT_DRIVER_LEN);
	else if (f->native[fn] && !strcmp(want, f->native[fn]) && f->native_loaded &&
		 !(f->native_refuses & BIT(fn)))
		strscpy(f->fn[fn].driver, want, GPUPT_DRIVER_LEN);
	if (f->fn[fn].driver[0])
		note(f->bound, fn);
	return 0;
}

static int fake_between(struct gpupt_rebind *r)
{
	struct fake_card *f = to_fake(r);

	f->between = strlen(f->released);
	return maybe_fail(f, -EIO);
}

static void fake_lost(struct gpupt_rebind *r, unsigned int fn)
{
	check_fn(to_fake(r), fn);
	to_fake(r)->lost |= BIT(fn);
}

static const struct gpupt_rebind_ops fake_ops = {
	.get = fake_get,
	.set_override = fake_set_override,
	.may_release = fake_may_release,
	.detach = fake_detach,
	.attach = fake_attach,
	.between = fake_between,
	.lost = fake_lost,
};

/* A card that the host uses: GPU, audio, USB, UCSI. */
static void of_host(struct fake_card *f, struct kunit *test)
{
	static const char * const native[] = { "nouveau", "snd_hda_intel", "xhci_hcd", "ucsi" };
	unsigned int fn;

	memset(f, 0, sizeof(*f));
	f->test = test;
	f->rebind.ops = &fake_ops;
	f->rebind.present = PRESENT;
	f->native_loaded = true;
	f->rival = true;
	for (fn = 0; fn < ARRAY_SIZE(native); fn++) {
		f->native[fn] = native[fn];
		strscpy(f->fn[fn].driver, native[fn], GPUPT_DRIVER_LEN);
	}
}

static void want_vfio(void)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		to[fn] = (struct gpupt_binding){ .driver = VFIO, .override = VFIO };
}

static void expect_all(struct fake_card *f, const struct gpupt_binding *wanted)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(f->rebind.present & BIT(fn)))
			continue;
		KUNIT_EXPECT_STREQ_MSG(f->test, f->fn[fn].driver, wanted[fn].driver,
				       "function %u, call %u failed", fn, f->fail_at);
		KUNIT_EXPECT_STREQ_MSG(f->test, f->fn[fn].override, wanted[fn].override,
				       "function %u, call %u failed", fn, f->fail_at);
	}
}

static int run(struct fake_card *f, const struct gpupt_binding *wanted)
{
	memset(f->released, 0, sizeof(f->released));
	memset(f->bound, 0, sizeof(f->bound));
	return gpupt_rebind_run(&f->rebind, wanted);
}

static void run_takes_every_function(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	of_host(f, test);
	memcpy(before, f->fn, sizeof(before));
	want_vfio();
	KUNIT_EXPECT_EQ(test, run(f, to), 0);
	expect_all(f, to);
	KUNIT_EXPECT_STREQ(test, f->released, "1230");
	KUNIT_EXPECT_STREQ(test, f->bound, "0321");
	KUNIT_EXPECT_EQ(test, f->between, 4);
	KUNIT_EXPECT_EQ(test, memcmp(f->rebind.before, before, sizeof(before)), 0);

	/* And again: nothing is to be done. */
	KUNIT_EXPECT_EQ(test, run(f, to), 0);
	expect_all(f, to);
	KUNIT_EXPECT_STREQ(test, f->released, "");

	/* And back. */
	KUNIT_EXPECT_EQ(test, run(f, before), 0);
	expect_all(f, before);
	KUNIT_EXPECT_STREQ(test, f->released, "1230");
	KUNIT_EXPECT_EQ(test, f->lost, 0);
}

static void run_knows_a_gpu_that_is_not_function_0(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	of_host(f, test);
	f->rebind.gpu = 2;
	want_vfio();
	KUNIT_EXPECT_EQ(test, run(f, to), 0);
	expect_all(f, to);
	KUNIT_EXPECT_STREQ(test, f->released, "0132");
	KUNIT_EXPECT_STREQ(test, f->bound, "2310");
}

static void run_takes_functions_without_drivers(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	of_host(f, test);
	f->rival = false;
	memset(f->fn, 0, sizeof(f->fn));
	want_vfio();
	KUNIT_EXPECT_EQ(test, run(f, to), 0);
	expect_all(f, to);
	KUNIT_EXPECT_STREQ(test, f->released, "");
}

/* A driver is loaded while it begins, and has some functions before it is kept off. */
static void run_takes_from_one_that_came_first(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	of_host(f, test);
	memset(f->fn, 0, sizeof(f->fn));
	want_vfio();
	KUNIT_EXPECT_EQ(test, run(f, to), 0);
	expect_all(f, to);
	KUNIT_EXPECT_STREQ(test, f->released, "123");
	KUNIT_EXPECT_STREQ(test, f->rebind.before[0].driver, "");
	KUNIT_EXPECT_STREQ(test, f->rebind.before[1].driver, RIVAL);
}

static void run_leaves_it_to_the_kernel(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int fn;

	KUNIT_ASSERT_NOT_NULL(test, f);
	of_host(f, test);
	f->rival = false;
	/* Drivers that refuse are no reason to keep it. */
	f->native_refuses = BIT(2);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		f->fn[fn] = (struct gpupt_binding){ .driver = VFIO, .override = VFIO };
		to[fn] = (struct gpupt_binding){ .any = true };
	}
	KUNIT_EXPECT_EQ(test, run(f, to), 0);
	KUNIT_EXPECT_STREQ(test, f->fn[0].driver, "nouveau");
	KUNIT_EXPECT_STREQ(test, f->fn[1].driver, "snd_hda_intel");
	KUNIT_EXPECT_STREQ(test, f->fn[2].driver, "");
	for (fn = 0; fn < 4; fn++)
		KUNIT_EXPECT_STREQ(test, f->fn[fn].override, "");
}

static void run_asks_before_it_releases(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int fn;

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (fn = 0; fn < 4; fn++) {
		of_host(f, test);
		f->keep = BIT(fn);
		memcpy(before, f->fn, sizeof(before));
		want_vfio();
		KUNIT_EXPECT_EQ(test, run(f, to), -EBUSY);
		expect_all(f, before);
		KUNIT_EXPECT_STREQ(test, f->released, "");
		KUNIT_EXPECT_EQ(test, f->between, 0);
	}
}

/* Neither vfio-pci on the way there, nor a driver of the host on the way back. */
static void run_undoes_what_a_driver_refuses(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int refusing;

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (refusing = 1; refusing < 16; refusing++) {
		of_host(f, test);
		f->vfio_refuses = refusing;
		memcpy(before, f->fn, sizeof(before));
		want_vfio();
		KUNIT_EXPECT_EQ(test, run(f, to), -EIO);
		expect_all(f, before);
		KUNIT_EXPECT_EQ(test, f->lost, 0);

		f->vfio_refuses = 0;
		KUNIT_EXPECT_EQ(test, run(f, to), 0);
		f->native_refuses = refusing;
		KUNIT_EXPECT_EQ(test, run(f, before), -EIO);
		expect_all(f, to);
		KUNIT_EXPECT_EQ(test, f->lost, 0);
	}
}

/* Every call that can fail does so once, and everything is undone. */
static void run_undoes_whatever_fails(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int n, failures = 0;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (n = 1;; n++) {
		of_host(f, test);
		f->fail_at = n;
		memcpy(before, f->fn, sizeof(before));
		want_vfio();
		ret = run(f, to);
		KUNIT_EXPECT_EQ(test, ret, f->failed);
		KUNIT_EXPECT_EQ(test, f->lost, 0);
		if (!f->failed)
			break;
		failures++;
		expect_all(f, before);
	}
	expect_all(f, to);
	KUNIT_EXPECT_EQ(test, failures, f->calls);
	KUNIT_EXPECT_GE(test, failures, 4U * 4 + 1);
}

static void run_says_what_cannot_be_undone(struct kunit *test)
{
	struct fake_card *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	of_host(f, test);
	f->vfio_refuses = BIT(1);
	f->native_refuses = BIT(0) | BIT(3);
	want_vfio();
	KUNIT_EXPECT_EQ(test, run(f, to), -EIO);
	KUNIT_EXPECT_EQ(test, f->lost, BIT(0) | BIT(3));
	KUNIT_EXPECT_STREQ(test, f->fn[1].driver, "snd_hda_intel");
	KUNIT_EXPECT_STREQ(test, f->fn[2].driver, "xhci_hcd");
	/* No override of ours keeps others off what is lost. */
	KUNIT_EXPECT_STREQ(test, f->fn[0].override, "");
	KUNIT_EXPECT_STREQ(test, f->fn[3].override, "");
}

static struct kunit_case rebind_cases[] = {
	KUNIT_CASE(run_takes_every_function),
	KUNIT_CASE(run_knows_a_gpu_that_is_not_function_0),
	KUNIT_CASE(run_takes_functions_without_drivers),
	KUNIT_CASE(run_takes_from_one_that_came_first),
	KUNIT_CASE(run_leaves_it_to_the_kernel),
	KUNIT_CASE(run_asks_before_it_releases),
	KUNIT_CASE(run_undoes_what_a_driver_refuses),
	KUNIT_CASE(run_undoes_whatever_fails),
	KUNIT_CASE(run_says_what_cannot_be_undone),
	{}
};

static struct kunit_suite rebind_suite = {
	.name = "gpupt_reset_rebind",
	.test_cases = rebind_cases,
};

kunit_test_suite(rebind_suite);
