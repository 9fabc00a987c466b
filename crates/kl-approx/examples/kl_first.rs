//! First use: the divergence, its approximations, what is pruned, and the KL weight for a wanted number of false keeps.
//!
//! cargo run -p kl-approx --example kl_first
#![allow(clippy::print_stdout)] // An example talks to a person.

use kl_approx::{Divergence, EmpiricalBayes, Exact, Sigmoid, ard};

fn main() -> Result<(), kl_approx::Error> {
    println!("{:>6}  {:>9}  {:>9}  {:>15}", "log α", "exact", "sigmoid", "empirical Bayes");
    for log_alpha in [-8.0, -4.0, -2.0, 0.0, 2.0, 4.0] {
        let [exact, sigmoid, bayes] =
            [&Exact as &dyn Divergence, &Sigmoid::MINIMAX, &EmpiricalBayes].map(|d| d.value(log_alpha));
        println!("{log_alpha:>6}  {exact:>9.6}  {sigmoid:>9.6}  {bayes:>15.6}");
    }

    println!("\nWhich z-scores survive at λ = 1, and how much of the weight remains:");
    for z in [0.9_f64, 1.1, 2.0, 5.0] {
        match ard::optimum(z * z) {
            Some(kept) => println!("z = {z}: kept, α = {:.3}, weight x {:.3}", kept.alpha, kept.shrinkage),
            None => println!("z = {z}: pruned"),
        }
    }

    println!("\nThe KL weight λ at which one of 1000 columns of pure noise is kept on average:");
    for group in [1, 3, 10] {
        let lambda = ard::lambda_for_false_keeps(1.0, 1000, group)?;
        println!("{group:>2} weights that share one α: λ = {lambda:.3}");
    }
    Ok(())
}
