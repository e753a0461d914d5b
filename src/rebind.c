// SPDX-License-Identifier: GPL-2.0
/* A card changes hands: every function of it, or none. */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "gpupt/rebind.h"

static bool is_there(const struct gpupt_rebind *r, unsigned int fn)
{
	return r->present & BIT(fn);
}

/* The @i-th function to be released; bound in the reverse order. The GPU is the last. */
static unsigned int release_order(const struct gpupt_rebind *r, unsigned int i)
{
	if (i == GPUPT_FUNCTIONS - 1)
		return r->gpu;
	return i < r->gpu ? i : i + 1;
}

static bool leaves(const struct gpupt_binding *from, const struct gpupt_binding *to)
{
	return from->driver[0] && strcmp(from->driver, to->driver);
}

static int pin(struct gpupt_rebind *r, unsigned int fn, const struct gpupt_binding *to)
{
	return r->ops->set_override(r, fn, to->driver[0] ? to->driver : GPUPT_NO_DRIVER);
}

static int bind(struct gpupt_rebind *r, unsigned int fn, const struct gpupt_binding *to)
{
	struct gpupt_binding now;
	int ret;

	if (to->driver[0]) {
		ret = r->ops->attach(r, fn);
		if (!ret)
			ret = r->ops->get(r, fn, &now);
		if (ret)
			return ret;
		if (strcmp(now.driver, to->driver))
			return -EIO;
	}
	ret = r->ops->set_override(r, fn, to->override);
	if (!ret && to->any)
		r->ops->attach(r, fn);
	return ret;
}

static void undo(struct gpupt_rebind *r)
{
	struct gpupt_binding now;
	unsigned int i, fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (is_there(r, fn))
			pin(r, fn, &r->before[fn]);
	for (i = 0; i < GPUPT_FUNCTIONS; i++) {
		fn = release_order(r, i);
		if (!is_there(r, fn))
			continue;
		/* One that fails here fails to bind as well. */
		if (!r->ops->get(r, fn, &now) && leaves(&now, &r->before[fn]))
			r->ops->detach(r, fn);
	}
	for (i = GPUPT_FUNCTIONS; i--;) {
		fn = release_order(r, i);
		if (is_there(r, fn) && bind(r, fn, &r->before[fn])) {
			/* Better anybody's than nobody's. */
			r->ops->set_override(r, fn, r->before[fn].override);
			r->ops->lost(r, fn);
		}
	}
}

static int hand_over(struct gpupt_rebind *r, const struct gpupt_binding *wanted)
{
	struct gpupt_binding now;
	unsigned int i, fn;
	int ret;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		ret = is_there(r, fn) ? pin(r, fn, &wanted[fn]) : 0;
		if (ret)
			return ret;
	}
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!is_there(r, fn))
			continue;
		/* One may have bound before it was kept off. */
		ret = r->ops->get(r, fn, &now);
		if (ret)
			return ret;
		memcpy(r->before[fn].driver, now.driver, sizeof(now.driver));
		ret = leaves(&now, &wanted[fn]) ? r->ops->may_release(r, fn) : 0;
		if (ret)
			return ret;
	}
	for (i = 0; i < GPUPT_FUNCTIONS && !ret; i++) {
		fn = release_order(r, i);
		if (is_there(r, fn) && leaves(&r->before[fn], &wanted[fn]))
			ret = r->ops->detach(r, fn);
	}
	if (!ret)
		ret = r->ops->between(r);
	for (i = GPUPT_FUNCTIONS; i-- && !ret;) {
		fn = release_order(r, i);
		if (is_there(r, fn))
			ret = bind(r, fn, &wanted[fn]);
	}
	return ret;
}

int gpupt_rebind_run(struct gpupt_rebind *r, const struct gpupt_binding *wanted)
{
	unsigned int fn;
	int ret;

	memset(r->before, 0, sizeof(r->before));
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		ret = is_there(r, fn) ? r->ops->get(r, fn, &r->before[fn]) : 0;
		/* Nothing was changed yet. */
		if (ret)
			return ret;
	}
	ret = hand_over(r, wanted);
	if (ret)
		undo(r);
	return ret;
}
