// SPDX-License-Identifier: GPL-2.0
/*
 * Reads BTF (Documentation/bpf/btf.rst of the kernel). The kernel's own readers are not
 * exported, or keep a reference that a module cannot give back (bpf_find_btf_id()).
 */
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "gpupt/btf.h"

#define BTF_FILE	"/sys/kernel/btf/vmlinux"
/* Debian's 7.3 has 6 MiB. */
#define BTF_SIZE_MAX	SZ_64M
/* 7.3's headers know a longer one, which its own BTF has not. */
#define HEADER_LEN	offsetofend(struct btf_header, str_len)
/* Pointers and qualifiers on the way to a name. */
#define DEPTH		8

void *gpupt_btf_read(size_t *len)
{
	struct file *file = filp_open(BTF_FILE, O_RDONLY, 0);
	loff_t size, pos = 0;
	ssize_t n = 1;
	char *btf;

	if (IS_ERR(file))
		return ERR_CAST(file);
	size = i_size_read(file_inode(file));
	btf = size > 0 && size <= BTF_SIZE_MAX ? kvmalloc(size, GFP_KERNEL) : NULL;
	while (btf && pos < size && n > 0)
		n = kernel_read(file, btf + pos, size - pos, &pos);
	filp_close(file, NULL);
	if (!btf)
		return ERR_PTR(size > 0 && size <= BTF_SIZE_MAX ? -ENOMEM : -EINVAL);
	if (pos < size) {
		kvfree(btf);
		return ERR_PTR(n < 0 ? n : -EINVAL);
	}
	*len = size;
	return btf;
}

/**
 * struct view - BTF, indexed
 * @types: its types
 * @types_len: their length in bytes
 * @strings: its strings
 * @strings_len: their length in bytes, the last of which is a zero
 * @at: offset of each type in @types, by its ID; ID 0 is void and has none
 * @count: IDs, void among them
 */
struct view {
	const char *types;
	u32 types_len;
	const char *strings;
	u32 strings_len;
	u32 *at;
	u32 count;
};

/* Bytes behind struct btf_type, or -EINVAL for a kind that came later than this. */
static ssize_t size_behind(const struct btf_type *type)
{
	u32 vlen = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -EINVAL;
	}
}

static const char *name_of(const struct view *v, u32 offset)
{
	return offset < v->strings_len ? v->strings + offset : "";
}

static const struct btf_type *type_of(const struct view *v, u32 id)
{
	return id && id < v->count ? (const void *)(v->types + v->at[id]) : NULL;
}

static int find_sections(struct view *v, const void *btf, size_t len)
{
	const struct btf_header *header = btf;
	size_t left;

	if (len < HEADER_LEN || header->magic != BTF_MAGIC || header->hdr_len < HEADER_LEN ||
	    header->hdr_len > len)
		return -EINVAL;
	left = len - header->hdr_len;
	if (header->type_off > left || header->type_len > left - header->type_off ||
	    header->str_off > left || header->str_len > left - header->str_off ||
	    !header->str_len || (header->hdr_len + header->type_off) % sizeof(u32))
		return -EINVAL;
	v->types = btf + header->hdr_len + header->type_off;
	v->types_len = header->type_len;
	v->strings = btf + header->hdr_len + header->str_off;
	v->strings_len = header->str_len;
	return v->strings[v->strings_len - 1] ? -EINVAL : 0;
}

static int index_types(struct view *v)
{
	const struct btf_type *type;
	ssize_t behind;
	u32 pos = 0;

	v->at = kvmalloc_array(v->types_len / sizeof(*type) + 1, sizeof(*v->at), GFP_KERNEL);
	if (!v->at)
		return -ENOMEM;
	v->at[0] = 0;
	for (v->count = 1; pos < v->types_len; v->count++) {
		if (v->types_len - pos < sizeof(*type))
			return -EINVAL;
		type = (const void *)(v->types + pos);
		behind = size_behind(type);
		if (behind < 0 || v->types_len - pos - sizeof(*type) < behind)
			return -EINVAL;
		v->at[v->count] = pos;
		pos += sizeof(*type) + behind;
	}
	return 0;
}

/* Return: the type that pointers, names and qualifiers lead to; NULL for void. */
static const struct btf_type *base_of(const struct view *v, u32 id, unsigned int *pointers)
{
	const struct btf_type *type;
	unsigned int left;

	*pointers = 0;
	for (left = DEPTH; id && left; left--) {
		type = type_of(v, id);
		if (!type)
			return ERR_PTR(-EINVAL);
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_PTR:
			(*pointers)++;
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			break;
		default:
			return type;
		}
		id = type->type;
	}
	return id ? ERR_PTR(-EINVAL) : NULL;
}

struct text {
	char *buf;
	size_t size;
	size_t len;
};

static __printf(2, 3) void put(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += vscnprintf(text->buf + text->len, text->size - text->len, format, args);
	va_end(args);
}

static int put_type(const struct view *v, struct text *text, u32 id)
{
	unsigned int pointers;
	const struct btf_type *base = base_of(v, id, &pointers);

	if (IS_ERR(base))
		return PTR_ERR(base);
	if (!base)
		put(text, "void");
	else if (BTF_INFO_KIND(base->info) == BTF_KIND_INT)
		put(text, "%s", name_of(v, base->name_off));
	else if (BTF_INFO_KIND(base->info) == BTF_KIND_STRUCT)
		put(text, "struct %s", name_of(v, base->name_off));
	else
		put(text, "(kind %u) %s", BTF_INFO_KIND(base->info), name_of(v, base->name_off));
	if (pointers)
		put(text, " %.*s", pointers, "********");
	return 0;
}

static int put_prototype(const struct view *v, struct text *text, const struct btf_type *func)
{
	const struct btf_type *proto = type_of(v, func->type);
	const struct btf_param *param;
	u32 i;
	int ret;

	if (!proto || BTF_INFO_KIND(proto->info) != BTF_KIND_FUNC_PROTO)
		return -EINVAL;
	ret = put_type(v, text, proto->type);
	put(text, " (");
	param = (const void *)(proto + 1);
	for (i = 0; i < BTF_INFO_VLEN(proto->info) && !ret; i++) {
		put(text, i ? ", " : "");
		ret = put_type(v, text, param[i].type);
	}
	put(text, ")");
	return ret ?: text->len + 1 < text->size ? 0 : -ENAMETOOLONG;
}

static const struct btf_type *find_function(const struct view *v, const char *name)
{
	const struct btf_type *type;
	u32 id;

	for (id = 1; id < v->count; id++) {
		type = type_of(v, id);
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    !strcmp(name_of(v, type->name_off), name))
			return type;
	}
	return NULL;
}

int gpupt_btf_prototype(const void *btf, size_t len, const char *name, char *buf, size_t size)
{
	struct text text = { .buf = buf, .size = size };
	const struct btf_type *func;
	struct view v = {};
	int ret;

	ret = find_sections(&v, btf, len) ?: index_types(&v);
	if (!ret) {
		func = find_function(&v, name);
		ret = func ? put_prototype(&v, &text, func) : -ENOENT;
	}
	kvfree(v.at);
	return ret;
}

int gpupt_btf_expect(const void *btf, size_t len, const char *name, const char *prototype)
{
	char found[96];
	int ret = PTR_ERR_OR_ZERO(btf) ?: gpupt_btf_prototype(btf, len, name, found, sizeof(found));

	if (!ret && strcmp(found, prototype)) {
		pr_warn("gpupt_reset: %s is %s in this kernel, the module knows %s\n", name, found,
			prototype);
		return -EPROTOTYPE;
	}
	if (ret)
		pr_debug("gpupt_reset: the type of %s is not known: %pe\n", name, ERR_PTR(ret));
	else
		pr_debug("gpupt_reset: %s is %s\n", name, found);
	return 0;
}
