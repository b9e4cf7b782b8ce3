// SPDX-License-Identifier: GPL-2.0
/* What other modules use: a counter that a timer advances, with work and a thread beside it. */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define PERIOD (HZ / 50)
#define EACH 5

static u32 ticks;
static u32 seen;
static DEFINE_SPINLOCK(lock);
static struct timer_list timer;
static DECLARE_WAIT_QUEUE_HEAD(changed);
static struct task_struct *watcher;

u32 clockwork_ticks(void);

u32 clockwork_ticks(void)
{
	unsigned long flags;
	u32 now;

	spin_lock_irqsave(&lock, flags);
	now = ticks;
	spin_unlock_irqrestore(&lock, flags);
	return now;
}
EXPORT_SYMBOL(clockwork_ticks);

static void clockwork_log(struct work_struct *work)
{
	pr_info("clockwork: %u ticks\n", clockwork_ticks());
}

static DECLARE_WORK(log_work, clockwork_log);

static void clockwork_tick(struct timer_list *t)
{
	u32 now;

	spin_lock(&lock);
	now = ++ticks;
	spin_unlock(&lock);
	if (now == EACH)
		schedule_work(&log_work);
	wake_up_interruptible(&changed);
	mod_timer(t, jiffies + PERIOD);
}

static int clockwork_watch(void *data)
{
	while (!kthread_should_stop()) {
		wait_event_interruptible_timeout(changed, ticks != seen, HZ);
		seen = ticks;
	}
	return 0;
}

static int __init clockwork_init(void)
{
	timer_setup(&timer, clockwork_tick, 0);
	mod_timer(&timer, jiffies + PERIOD);
	watcher = kthread_run(clockwork_watch, NULL, "clockwork/%d", 0);
	if (IS_ERR(watcher)) {
		timer_delete_sync(&timer);
		return PTR_ERR(watcher);
	}
	return 0;
}

static void __exit clockwork_exit(void)
{
	timer_delete_sync(&timer);
	cancel_work_sync(&log_work);
	kthread_stop(watcher);
}

module_init(clockwork_init);
module_exit(clockwork_exit);
MODULE_LICENSE("GPL");
