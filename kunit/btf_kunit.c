// SPDX-License-Identifier: GPL-2.0
/* Prototypes out of type information. */
#include <kunit/test.h>
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "gpupt/btf.h"

#define INFO(kind, vlen)	((kind) << 24 | (vlen))

/* Names by their offset; the first is that of what has none. */
#define STRINGS	"\0int\0_Bool\0pci_dev\0reset\0bool\0probe\0bus\0modes\0sized\0" \
		"grows\0loops"
enum {
	INT = 1, BOOL = 5, PCI_DEV = 11, RESET = 19, BOOL_T = 25, PROBE = 30, BUS = 36, MODES = 40,
	SIZED = 46, GROWS = 52, LOOPS = 58,
};

static const u32 types[] = {
	/* 1 */ INT, INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
	/* 2 */ BOOL, INFO(BTF_KIND_INT, 0), 1, BTF_INT_BOOL << 24 | 8,
	/* 3 */ BOOL_T, INFO(BTF_KIND_TYPEDEF, 0), 2,
	/* 4 */ PCI_DEV, INFO(BTF_KIND_STRUCT, 2), 8, INT, 1, 0, BOOL, 2, 32,
	/* 5 */ 0, INFO(BTF_KIND_PTR, 0), 4,
	/* 6 */ 0, INFO(BTF_KIND_FUNC_PROTO, 2), 1, 0, 5, PROBE, 3,
	/* 7 */ RESET, INFO(BTF_KIND_FUNC, 0), 6,
	/* kinds to step over */
	/* 8 */ 0, INFO(BTF_KIND_ARRAY, 0), 0, 1, 1, 4,
	/* 9 */ MODES, INFO(BTF_KIND_ENUM, 2), 4, INT, 0, BOOL, 1,
	/* 10 */ 0, INFO(BTF_KIND_ENUM64, 1), 8, INT, 0, 0,
	/* 11 */ 0, INFO(BTF_KIND_UNION, 1), 4, INT, 1, 0,
	/* 12 */ SIZED, INFO(BTF_KIND_VAR, 0), 1, 1,
	/* 13 */ SIZED, INFO(BTF_KIND_DATASEC, 1), 4, 12, 0, 4,
	/* 14 */ SIZED, INFO(BTF_KIND_DECL_TAG, 0), 4, ~0U,
	/* 15 */ SIZED, INFO(BTF_KIND_FLOAT, 0), 8,
	/* 16 */ PCI_DEV, INFO(BTF_KIND_FWD, 0), 0,
	/* pci_dev const *volatile *, enum, void */
	/* 17 */ 0, INFO(BTF_KIND_CONST, 0), 4,
	/* 18 */ 0, INFO(BTF_KIND_PTR, 0), 17,
	/* 19 */ 0, INFO(BTF_KIND_VOLATILE, 0), 18,
	/* 20 */ 0, INFO(BTF_KIND_PTR, 0), 19,
	/* 21 */ 0, INFO(BTF_KIND_FUNC_PROTO, 2), 0, 0, 20, 0, 9,
	/* 22 */ BUS, INFO(BTF_KIND_FUNC, 0), 21,
	/* a type that never ends, and one that is not there */
	/* 23 */ 0, INFO(BTF_KIND_PTR, 0), 23,
	/* 24 */ 0, INFO(BTF_KIND_FUNC_PROTO, 0), 23,
	/* 25 */ LOOPS, INFO(BTF_KIND_FUNC, 0), 24,
	/* 26 */ GROWS, INFO(BTF_KIND_FUNC, 0), 99,
};

struct blob {
	struct btf_header header;
	u32 types[ARRAY_SIZE(types) + 3];
	char strings[sizeof(STRINGS)];
};

static struct blob *blob;
static char words[64];

static int set_up(struct kunit *test)
{
	blob = kunit_kzalloc(test, sizeof(*blob), GFP_KERNEL);
	if (!blob)
		return -ENOMEM;
	blob->header = (struct btf_header){
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(blob->header),
		.type_len = sizeof(types), .str_off = sizeof(blob->types),
		.str_len = sizeof(STRINGS),
	};
	memcpy(blob->types, types, sizeof(types));
	memcpy(blob->strings, STRINGS, sizeof(STRINGS));
	return 0;
}

static int ask(const char *name)
{
	memset(words, 0, sizeof(words));
	return gpupt_btf_prototype(blob, sizeof(*blob), name, words, sizeof(words));
}

static void prototypes_are_read(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ask("reset"), 0);
	KUNIT_EXPECT_STREQ(test, words, "int (struct pci_dev *, _Bool)");
	KUNIT_EXPECT_EQ(test, ask("bus"), 0);
	KUNIT_EXPECT_STREQ(test, words, "void (struct pci_dev **, (kind 6) modes)");
	KUNIT_EXPECT_EQ(test, ask("pci_dev"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ask("loops"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ask("grows"), -EINVAL);
}

static void another_type_is_refused(struct kunit *test)
{
	static const char known[] = "int (struct pci_dev *, _Bool)";

	KUNIT_EXPECT_EQ(test, gpupt_btf_expect(blob, sizeof(*blob), "reset", known), 0);
	KUNIT_EXPECT_EQ(test, gpupt_btf_expect(blob, sizeof(*blob), "bus", known), -EPROTOTYPE);
	/* a kernel that does not say is believed */
	KUNIT_EXPECT_EQ(test, gpupt_btf_expect(blob, sizeof(*blob), "loops", known), 0);
	KUNIT_EXPECT_EQ(test, gpupt_btf_expect(blob, sizeof(*blob), "no such", known), 0);
	KUNIT_EXPECT_EQ(test, gpupt_btf_expect(ERR_PTR(-ENOENT), 0, "bus", known), 0);
}

static void buffers_may_be_small(struct kunit *test)
{
	size_t size;
	int ret;

	for (size = 1; size < 32; size++) {
		memset(words, 'x', sizeof(words));
		ret = gpupt_btf_prototype(blob, sizeof(*blob), "reset", words, size);
		KUNIT_EXPECT_EQ(test, ret, size > strlen("int (struct pci_dev *, _Bool)") + 1 ?
				0 : -ENAMETOOLONG);
		KUNIT_EXPECT_EQ(test, words[size], 'x');
	}
}

static void a_kind_of_later_is_no_answer(struct kunit *test)
{
	blob->types[ARRAY_SIZE(types) + 1] = INFO(31, 0);
	blob->header.type_len += 3 * sizeof(u32);
	KUNIT_EXPECT_EQ(test, ask("reset"), -EINVAL);
}

/* Cut off anywhere, and with any word of it all-ones: KASAN looks on. */
static void nonsense_is_borne(struct kunit *test)
{
	const size_t len = sizeof(*blob);
	u32 *word, was;
	size_t i;
	int ret;

	for (i = 0; i < len; i++) {
		void *cut = kmemdup(blob, i, GFP_KERNEL);

		ret = gpupt_btf_prototype(cut, i, "reset", words, sizeof(words));
		KUNIT_EXPECT_EQ(test, ret, -EINVAL);
		kfree(cut);
	}
	for (i = 0; i < sizeof(blob->header) + sizeof(types); i += sizeof(*word)) {
		word = (void *)blob + i;
		was = *word;
		for (*word = 0; *word != 1; *word = *word ? *word << 1 | 1 : ~0U >> 1) {
			ret = ask("reset");
			KUNIT_EXPECT_TRUE(test, !ret || ret == -EINVAL || ret == -ENOENT);
			if (*word == ~0U)
				break;
		}
		*word = was;
	}
	blob->strings[sizeof(STRINGS) - 1] = 'x';
	KUNIT_EXPECT_EQ(test, ask("reset"), -EINVAL);
}

static void btf_bears_lack_of_memory(struct kunit *test)
{
	int ret;

	fail_nth_need(test);
	fail_nth_begin(1);
	ret = ask("reset");
	KUNIT_EXPECT_TRUE(test, fail_nth_end());
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
}

/* Of the kernel that runs, where it has any; threads of its own see no files from 7.0 on. */
static void kernel_is_asked(struct kunit *test)
{
	size_t len = 0;
	void *btf = gpupt_btf_read(&len);

	if (IS_ERR(btf))
		kunit_skip(test, "no BTF: %pe", btf);
	KUNIT_EXPECT_EQ(test, gpupt_btf_prototype(btf, len, "pci_dev_specific_reset", words,
						  sizeof(words)), 0);
	KUNIT_EXPECT_STREQ(test, words, "int (struct pci_dev *, _Bool)");
	kvfree(btf);
}

static struct kunit_case btf_cases[] = {
	KUNIT_CASE(prototypes_are_read),
	KUNIT_CASE(another_type_is_refused),
	KUNIT_CASE(buffers_may_be_small),
	KUNIT_CASE(a_kind_of_later_is_no_answer),
	KUNIT_CASE(nonsense_is_borne),
	KUNIT_CASE(btf_bears_lack_of_memory),
	KUNIT_CASE(kernel_is_asked),
	{}
};

static struct kunit_suite btf_suite = {
	.name = "gpupt_reset_btf",
	.init = set_up,
	.test_cases = btf_cases,
};

kunit_test_suite(btf_suite);
