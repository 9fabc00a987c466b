//! A barrier for phases of ten microseconds: spin first, sleep only if the others are long in coming.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Turns of the spin loop before sleeping: about 50 µs.
const SPINS: usize = 2_000;

/// Lets `count` threads wait for each other, again and again.
pub(crate) struct Barrier {
    count: usize,
    arrived: AtomicUsize,
    generation: AtomicUsize,
    broken: AtomicBool,
    sleep: Mutex<()>,
    wake: Condvar,
}

impl Barrier {
    pub fn new(count: usize) -> Self {
        Self {
            count,
            arrived: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// Waits for all `count` threads. `false`: another thread died, do not go on.
    pub fn wait(&self) -> bool {
        if self.count > 1 {
            let generation = self.generation.load(Ordering::Acquire);
            if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.count {
                self.arrived.store(0, Ordering::Relaxed);
                self.release(generation.wrapping_add(1));
            } else {
                self.wait_for_next(generation);
            }
        }
        !self.broken.load(Ordering::Acquire)
    }

    fn wait_for_next(&self, generation: usize) {
        for _ in 0..SPINS {
            if self.generation.load(Ordering::Acquire) != generation {
                return;
            }
            core::hint::spin_loop();
        }
        let mut guard = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        while self.generation.load(Ordering::Acquire) == generation && !self.broken.load(Ordering::Acquire) {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The lock is held while the generation changes, so that a thread that is about to sleep cannot miss it.
    fn release(&self, generation: usize) {
        let guard = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        self.generation.store(generation, Ordering::Release);
        drop(guard);
        self.wake.notify_all();
    }
}

/// Breaks the barrier if its thread unwinds, so that the others do not wait for ever.
pub(crate) struct Watch<'a>(pub &'a Barrier);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::Release);
            self.0.release(self.0.generation.load(Ordering::Acquire).wrapping_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_thread_runs_ahead() {
        for count in [1, 2, 3, 5] {
            let barrier = Barrier::new(count);
            let sum = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..count {
                    scope.spawn(|| {
                        for round in 1..200 {
                            sum.fetch_add(1, Ordering::SeqCst);
                            assert!(barrier.wait());
                            assert_eq!(sum.load(Ordering::SeqCst), round * count);
                            assert!(barrier.wait());
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_dead_thread_breaks_the_barrier() {
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let _watch = Watch(&barrier);
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(!barrier.wait());
            assert!(other.join().is_err());
        });
    }
}
