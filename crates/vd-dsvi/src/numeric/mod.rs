//! Numbers without a model: sixteen lanes, elementary functions, normal draws. Nothing here knows a layer or a fit.

pub(crate) mod lanes;
pub(crate) mod math;
pub(crate) mod normals;
