//! A walk over supports, one column (or one block of columns that are one decision) at a time, whose weighted visits are the posterior (Zanella 2020, Zanella and Roberts 2019).
//!
//! From a support γ column j changes sides at the rate
//!
//! ```text
//! outside: p_j + ε p_j/(1 − p_j)        inside: (1 − p_j) + ε
//! ```
//!
//! with p_j its probability of being in, given the others, and the visit counts 1/Σ rates. Both rates are η_j over the probability of
//! the side that j is on, with η_j = p_j(1 − p_j) + ε p_j the same from both sides, so that the weighted visits have the posterior's
//! distribution for every ε. The first part moves where the posterior is; ε makes the walk take out strong columns now and then,
//! which is how it passes from a column to its stand-in.

use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, StandardNormal};

use crate::average::conditional::Conditional;
use crate::average::evidence::{Evidence, Noise, probability};
use crate::average::gram::Gram;
use crate::average::tally::Tally;
use crate::prepare::columns::Columns;

/// ε. Measured on correlated blocks and latent factors: 0.02 finds higher supports than 0.1 and 1 in as many steps.
const STIR: f64 = 0.02;

/// Steps between two draws of v; everything is computed afresh there.
pub(crate) const REFRESH: usize = 25;

/// Log odds below which a column is taken for out.
const HOPELESS: f64 = -12.0;

/// The smallest probability of being out that rates divide by: it bounds how fast a column that is certain comes back …
const SMALL: f64 = 1e-12;
/// … and lies lower where v moves by these rates, too.
const TINY: f64 = 1e-290;

/// Up to so many columns each is looked at in each step. Of more, only those with z² ≥ 2 are, and …
const FEW: usize = 256;
/// … only those at least this likely are walked to; the others count with their probability. Else a walk among thousands of columns would
/// spend most of its steps on taking in one column of noise and putting it out again.
const WORTH: f64 = 0.01;

/// The range of v: squared z-scores of kept columns between this …
const LEAST_SCALE: f64 = 10.0;
/// … and this times n: R² = 0.8 carried by one column. Where columns explain more, as much as that: v bounded at less would shrink the
/// weights and take for noise what they lose.
pub(crate) const LARGEST_SCALE: f64 = 4.0;
/// Values of v up to 4n, evenly in log v, and as evenly beyond.
const SCALES: usize = 24;
/// Values of v at most.
const MOST_SCALES: usize = 1000;

/// The support of highest posterior probability that a walk has seen.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    pub log_joint: f64,
    pub support: Vec<usize>,
    pub scale: f64,
}

/// One walk.
pub(crate) struct Walk<'g, C> {
    at: Conditional<'g, C>,
    evidence: Evidence,
    rng: ChaCha8Rng,
    samples: f64,
    pub strength: f64,
    most: usize,
    log_joint: f64,
    pub best: Best,
    pub tally: Tally,
    /// Units that count: (leading column, its place in the support if inside, rate, log odds of being in).
    rates: Vec<(usize, Option<usize>, f64, f64)>,
    /// The weights of each block, given that it is in.
    blocks: Vec<DVector<f64>>,
    steps: usize,
}

impl<'g, C: Columns> Walk<'g, C> {
    /// A walk that starts at `support`; `samples` with `strength` are n and what is explained over what is not, R²/(1 − R²); `stream` tells
    /// walks of one seed apart.
    pub fn new(
        gram: &'g Gram<'g, C>,
        evidence: Evidence,
        (samples, strength): (f64, f64),
        support: &[usize],
        most: usize,
        seed: (u64, u64),
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.0);
        rng.set_stream(seed.1);
        let scale = (2.0 * LEAST_SCALE).min(LARGEST_SCALE * samples.max(1.0));
        let at = Conditional::new(gram, &gram.units.whole(support, most), 1.0 / scale);
        let log_joint = evidence.log_joint(&at);
        let best = Best { log_joint, support: at.active.clone(), scale };
        let tally = Tally::new(gram.len());
        let blocks = vec![DVector::zeros(0); gram.units.blocks().len()];
        let rates = Vec::new();
        Self { at, evidence, rng, samples, strength, most, log_joint, best, tally, rates, blocks, steps: 0 }
    }

    /// Forgets what was seen, but not where the walk is nor the best support.
    pub fn forget(&mut self) {
        self.tally = Tally::new(self.at.gram.len());
    }

    /// Takes so many steps.
    pub fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
            self.steps += 1;
            if self.steps.is_multiple_of(REFRESH) {
                self.move_scale();
                self.at.refresh();
                self.log_joint = self.evidence.log_joint(&self.at);
                self.remember();
            }
        }
    }

    fn step(&mut self) {
        let total = self.rate();
        let weight = (1.0 / total.max(1e-12)).min(1e6);
        self.count(weight);
        let mut left = self.rng.random::<f64>() * total;
        let mut chosen = None;
        for &(j, place, rate, odds) in self.rates.iter().filter(|r| r.2 > 0.0) {
            chosen = Some((j, place, odds));
            left -= rate;
            if left <= 0.0 {
                break;
            }
        }
        match chosen {
            Some((j, Some(_), odds)) => {
                self.log_joint -= odds;
                self.at.remove_unit(j);
            }
            Some((j, None, odds)) => {
                self.log_joint += odds;
                self.at.add_unit(j, 0.0);
            }
            None => {}
        }
        self.remember();
    }

    /// The rates at which units change sides, and their sum.
    fn rate(&mut self) -> f64 {
        let least_out = if self.strength > LARGEST_SCALE { TINY } else { SMALL };
        let Self { at, evidence, rates, blocks, most, .. } = self;
        rates.clear();
        for place in 0..at.active.len() {
            let j = at.active[place];
            let odds = match at.gram.units.home(j) {
                None => evidence.odds_inside(at, place),
                Some((b, 0)) => {
                    // A ridge keeps the part of A⁻¹ positive definite.
                    let Some(block) = at.leaving(&at.places(j)) else { continue };
                    let odds = evidence.odds_of_block(at, &block, true);
                    blocks[b] = block.theta;
                    odds
                }
                Some(_) => continue,
            };
            rates.push((j, Some(place), probability(-odds) + STIR, odds));
        }
        if at.active.len() < *most {
            let few = at.gram.len() <= FEW;
            let least = if few { 0.0 } else { evidence.least_share(at.rest) * at.rest };
            let worth = if few { 0.0 } else { WORTH };
            for (j, (q, s)) in at.product.iter().zip(&at.precision).enumerate() {
                let home = at.gram.units.home(j);
                if at.inside[j] || (home.is_none() && q * q < least * s) {
                    continue;
                }
                let odds = match home {
                    None => evidence.odds_outside(at, j),
                    Some((b, 0)) if at.active.len() + at.gram.units.blocks()[b].len() <= *most => {
                        let Some(block) = at.joining(b) else { continue };
                        let odds = evidence.odds_of_block(at, &block, false);
                        blocks[b] = block.theta;
                        odds
                    }
                    Some(_) => continue,
                };
                if odds > HOPELESS {
                    let p = probability(odds);
                    let rate = if p < worth { 0.0 } else { p + STIR * p / probability(-odds).max(least_out) };
                    rates.push((j, None, rate, odds));
                }
            }
        }
        rates.iter().map(|r| r.2).sum()
    }

    fn count(&mut self, weight: f64) {
        let Self { at, evidence, tally, rates, blocks, .. } = self;
        tally.weight += weight;
        tally.variance += weight * evidence.variance(at.rest);
        tally.size += weight * at.size as f64;
        for &(j, place, _, odds) in rates.iter() {
            if let Some((b, _)) = at.gram.units.home(j) {
                let p = probability(odds);
                let members = at.gram.units.blocks()[b].iter().zip(&blocks[b]);
                members.for_each(|(&i, &theta)| tally.column(weight, i, p, theta));
                continue;
            }
            let theta = place.map_or_else(|| at.product[j] / at.precision[j], |i| at.theta[i]);
            tally.column(weight, j, probability(odds), theta);
        }
    }

    fn remember(&mut self) {
        if self.log_joint > self.best.log_joint {
            let scale = 1.0 / self.at.ridge;
            self.best = Best { log_joint: self.log_joint, support: self.at.active.clone(), scale };
        }
    }

    /// A new v. A walk visits a support as often as its rates Σ are large, so that a draw is taken with the probability Σ′/Σ: else the supports
    /// without a column that explains much, which are passed through and hardly count, would set v for those that do.
    ///
    /// Where columns explain less, v is bounded so low that this changes nothing that walks would agree on (a test sums over all supports),
    /// and draws are taken as they are.
    fn move_scale(&mut self) {
        if self.strength <= LARGEST_SCALE {
            return self.draw_scale();
        }
        let (before, old) = (self.at.ridge, self.rate());
        self.draw_scale();
        self.at.refresh();
        let new = self.rate();
        if self.rng.random::<f64>() * old > new {
            self.at.ridge = before;
        }
    }

    /// Draws σ², the weights and from them v, evenly in log v a priori.
    fn draw_scale(&mut self) {
        let k = self.at.active.len();
        if k == 0 {
            return;
        }
        let variance = match self.evidence.noise {
            Noise::Known(variance) => variance,
            Noise::Unknown(free) => {
                // A shape above 0 is always valid.
                let draw =
                    Gamma::new(0.5 * free.max(1.0), 1.0).map_or(1.0, |g: Gamma<f64>| g.sample(&mut self.rng));
                0.5 * self.at.rest / draw.max(f64::MIN_POSITIVE)
            }
        };
        let rng = &mut self.rng;
        let theta = self.at.draw(variance.sqrt(), || StandardNormal.sample(rng));
        let sum: f64 = theta.iter().map(|t| t * t).sum();
        let (low, high) = (LEAST_SCALE.ln(), (LARGEST_SCALE * self.samples).max(1.01 * LEAST_SCALE).ln());
        let at = |g: usize| low + (high - low) * g as f64 / (SCALES - 1) as f64;
        let beyond = (self.strength / LARGEST_SCALE).max(1.0).ln() * (SCALES - 1) as f64 / (high - low);
        let scales = (SCALES + beyond.ceil() as usize).min(MOST_SCALES);
        let log: Vec<f64> = (0..scales).map(|g| -0.5 * (k as f64 * at(g) + sum / at(g).exp())).collect();
        let top = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mass: Vec<f64> = log.iter().map(|l| (l - top).exp()).collect();
        let mut left = self.rng.random::<f64>() * mass.iter().sum::<f64>();
        let mut chosen = scales - 1;
        for (g, m) in mass.iter().enumerate() {
            left -= m;
            if left <= 0.0 {
                chosen = g;
                break;
            }
        }
        self.at.ridge = (-at(chosen)).exp();
    }
}
