//! Columns of which groups are replaced by orthonormal bases, so that nothing depends on how a category is coded.

use std::collections::BTreeMap;

use crate::group::basis::Basis;
use crate::prepare::columns::{Columns, Residual};
use crate::prepare::kernel;

/// Largest group that is one decision; a step of a walk costs the cube of it.
pub(crate) const LARGEST: usize = 64;

/// Columns of which those of groups are replaced by the groups' bases, in the groups' span.
#[derive(Debug)]
pub(crate) struct Based<'c, C> {
    columns: &'c C,
    /// The groups' bases.
    pub bases: Vec<Basis>,
    /// Columns of a group that its others span: they have no place in the basis.
    pub spanned: Vec<(usize, usize)>,
    /// A column's basis and its vector there; no entry at all without groups.
    place: Vec<Option<(usize, usize)>>,
}

impl<'c, C: Columns> Based<'c, C> {
    /// `labels` has a label for every column; columns that do not vary (`scales` of 0) are in no group.
    pub fn new(columns: &'c C, labels: Option<&[usize]>, scales: &[f64], largest: usize) -> Self {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (j, &label) in labels.unwrap_or_default().iter().enumerate().filter(|(j, _)| scales[*j] > 0.0) {
            groups.entry(label).or_default().push(j);
        }
        groups.retain(|_, members| (2..=largest.min(LARGEST)).contains(&members.len()));
        let bases: Vec<Basis> = groups.values().map(|members| Basis::new(columns, members)).collect();
        let mut place = if bases.is_empty() { Vec::new() } else { vec![None; columns.len()] };
        let mut spanned = Vec::new();
        for (b, (members, basis)) in groups.values().zip(&bases).enumerate() {
            basis.columns.iter().enumerate().for_each(|(v, &j)| place[j] = Some((b, v)));
            spanned.extend(members.iter().filter(|j| !basis.columns.contains(j)).map(|&j| (j, b)));
        }
        spanned.sort_unstable();
        Self { columns, bases, spanned, place }
    }

    /// The column's basis vector, if it was replaced.
    fn vector(&self, j: usize) -> Option<&[f64]> {
        let (b, v) = self.place.get(j).copied().flatten()?;
        Some(&self.bases[b].vectors[v])
    }

    /// The basis that a column belongs to.
    pub fn basis(&self, j: usize) -> Option<&Basis> {
        self.place.get(j).copied().flatten().map(|(b, _)| &self.bases[b])
    }

    /// A column with a place of its own that stands for column j: j itself, or the first of the basis that spans it.
    pub fn present(&self, j: usize) -> usize {
        let found = self.spanned.binary_search_by_key(&j, |s| s.0);
        found.map_or(j, |at| self.bases[self.spanned[at].1].columns[0])
    }

    /// The first column of the decision that each column is part of; empty where each is its own.
    pub fn decided(&self) -> Vec<usize> {
        if self.bases.is_empty() {
            return Vec::new();
        }
        let first = |j: usize| {
            let present = self.present(j);
            let basis = self.basis(present);
            basis.and_then(|b| b.columns.first().copied()).unwrap_or(j)
        };
        (0..self.columns.len()).map(first).collect()
    }

    /// Whether a column is left out because others of its group span it.
    pub fn is_spanned(&self, j: usize) -> bool {
        self.spanned.binary_search_by_key(&j, |s| s.0).is_ok()
    }

    /// Number of decisions among so many columns that vary.
    pub fn decisions(&self, varying: usize) -> usize {
        let grouped: usize = self.bases.iter().map(Basis::size).sum();
        varying - grouped - self.spanned.len() + self.bases.len()
    }
}

impl<C: Columns> Columns for Based<'_, C> {
    fn len(&self) -> usize {
        self.columns.len()
    }
    fn work(&self) -> usize {
        self.columns.work()
    }
    // A basis vector is orthogonal to the intercept, as the columns are: the offset drops out of the product.
    fn dot(&self, j: usize, r: &Residual) -> f64 {
        self.vector(j).map_or_else(|| self.columns.dot(j, r), |v| kernel::dot(v, &r.raw))
    }
    fn add(&self, j: usize, a: f64, r: &mut Residual) {
        match self.vector(j) {
            None => self.columns.add(j, a, r),
            Some(v) => kernel::axpy(a, v, &mut r.raw),
        }
    }
    fn norm_sq(&self, r: &Residual) -> f64 {
        self.columns.norm_sq(r)
    }
    fn expand(&self, j: usize) -> Vec<f64> {
        self.vector(j).map_or_else(|| self.columns.expand(j), <[f64]>::to_vec)
    }
    fn products(&self, group: &[usize]) -> Vec<Vec<f64>> {
        if self.bases.is_empty() {
            return self.columns.products(group);
        }
        let product = |&i: &usize| {
            let column = Residual::new(self.expand(i));
            let mut products = vec![0.0; self.len()];
            self.gradient(&column, &mut products);
            products
        };
        group.iter().map(product).collect()
    }
}
