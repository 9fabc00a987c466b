//! Random draws that are one test's alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::Device;

/// The seeded device, and a lock to be held while the test draws from it.
///
/// The generator is one for the whole process and tests run side by side: without the lock, what a test draws depends on
/// what the others have drawn in the meantime, and a seed makes nothing reproducible.
pub fn seeded(seed: u64, device: Device) -> (MutexGuard<'static, ()>, Device) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    (alone, device)
}
