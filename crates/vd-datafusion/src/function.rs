//! The passes as DataFusion aggregates.

use std::any::Any;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;
use datafusion::scalar::ScalarValue;

use crate::error::{Error, Result};
use crate::wire::{decode, encode};
use crate::work::{Request, State, Work};

/// The aggregates' names, by what they compute.
pub(crate) const SURVEY: &str = "vd_survey";
pub(crate) const PRODUCTS: &str = "vd_products";
pub(crate) const ROUND: &str = "vd_round";

/// Every aggregate, for a session.
///
/// `vd_survey`, `vd_products` and `vd_round` take a constant with the request, the target, and the columns; their states and values are bytes of
/// this crate's form.
#[must_use]
pub fn aggregates() -> Vec<Arc<AggregateUDF>> {
    [SURVEY, PRODUCTS, ROUND].map(|name| Arc::new(AggregateUDF::from(Function::new(name)))).to_vec()
}

/// The aggregate that computes a request.
pub(crate) fn aggregate(request: &Request) -> Arc<AggregateUDF> {
    let name = match request {
        Request::Survey(_) => SURVEY,
        Request::Products(_) => PRODUCTS,
        Request::Round(_) => ROUND,
    };
    Arc::new(AggregateUDF::from(Function::new(name)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    name: &'static str,
    signature: Signature,
}

impl Function {
    fn new(name: &'static str) -> Self {
        Self { name, signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(DataType::Binary)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[state]", args.name), DataType::Binary, true))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        let literal = args.exprs.first().and_then(|e| (e.as_ref() as &dyn Any).downcast_ref::<Literal>());
        let bytes = match literal.map(Literal::value) {
            Some(ScalarValue::Binary(Some(bytes))) => bytes,
            _ => {
                let what = format!("{}: the first argument is the request, a constant of bytes", self.name);
                return Err(external(Error::Wire(what)));
            }
        };
        let request: Request = decode(bytes, "the request of a pass").map_err(external)?;
        let pass = PassAccumulator {
            work: Work::new(request.clone()).map_err(external)?,
            request,
            rows: false,
            arrived: Vec::new(),
        };
        Ok(Box::new(pass))
    }
}

/// The error of this crate inside DataFusion's.
fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

struct PassAccumulator {
    request: Request,
    work: Work,
    /// Whether rows came.
    rows: bool,
    /// States of other parts. They are merged at the end in the order of their bytes: the order in which they arrive changes no bit.
    arrived: Vec<Vec<u8>>,
}

impl std::fmt::Debug for PassAccumulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassAccumulator").field("arrived", &self.arrived.len()).finish_non_exhaustive()
    }
}

impl PassAccumulator {
    fn merged(&mut self) -> Result<Vec<u8>> {
        let empty = Work::new(self.request.clone())?;
        let own = std::mem::replace(&mut self.work, empty);
        let own = encode(&own.into_state())?;
        if self.arrived.is_empty() {
            return Ok(own);
        }
        let mut parts = std::mem::take(&mut self.arrived);
        if std::mem::take(&mut self.rows) {
            parts.push(own);
        }
        parts.sort_unstable();
        let mut all = Work::new(self.request.clone())?;
        for part in parts {
            all.merge(&decode::<State>(&part, "the state of a pass")?)?;
        }
        encode(&all.into_state())
    }
}

impl Accumulator for PassAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        self.rows = true;
        let columns = values.get(1..).unwrap_or_default();
        self.work.update(columns).map_err(external)
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        self.merged().map(|bytes| ScalarValue::Binary(Some(bytes))).map_err(external)
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let Some(states) = states.first() else { return Ok(()) };
        let Some(states) = states.as_binary_opt::<i32>() else {
            return Err(external(Error::Wire("a state that is not bytes".to_owned())));
        };
        let some = (0..states.len()).filter(|&i| states.is_valid(i));
        self.arrived.extend(some.map(|i| states.value(i).to_vec()));
        Ok(())
    }

    fn size(&self) -> usize {
        // DataFusion counts what a pass grows by: the state, once there are rows.
        let own = if self.rows { self.work.bytes() } else { 0 };
        size_of_val(self) + own + self.arrived.iter().map(Vec::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Accumulator, PassAccumulator};
    use crate::cells::Kind;
    use crate::survey::{Asked, SurveyRequest};
    use crate::wire::decode;
    use crate::work::{Request, State, Work};
    use datafusion::arrow::array::{ArrayRef, BinaryArray, Float64Array};
    use datafusion::scalar::ScalarValue;
    use std::sync::Arc;

    fn request() -> Request {
        let asked = |name: &str| Asked { name: name.to_owned(), kind: Kind::Number, counted: false };
        Request::Survey(SurveyRequest { columns: vec![asked("t"), asked("a")], drop: false, most: 10 })
    }

    fn pass() -> PassAccumulator {
        let work = Work::new(request()).unwrap();
        PassAccumulator { request: request(), work, rows: false, arrived: Vec::new() }
    }

    fn bytes(value: ScalarValue) -> Vec<u8> {
        match value {
            ScalarValue::Binary(Some(bytes)) => bytes,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_order_of_arrival_changes_no_bit() {
        let part = |from: i32| {
            let values = Float64Array::from_iter_values((from..from + 50).map(|i| f64::from(i).sin() * 1e3));
            let array: ArrayRef = Arc::new(values);
            let mut pass = pass();
            pass.update_batch(&[array.clone(), array.clone(), array]).unwrap();
            bytes(pass.state().unwrap().remove(0))
        };
        let parts: Vec<Vec<u8>> = (0..7).map(|k| part(37 * k)).collect();
        let merged = |order: &[usize]| {
            let mut all = pass();
            for &k in order {
                let state: ArrayRef = Arc::new(BinaryArray::from(vec![parts[k].as_slice()]));
                all.merge_batch(&[state]).unwrap();
            }
            bytes(all.evaluate().unwrap())
        };
        let expected = merged(&[0, 1, 2, 3, 4, 5, 6]);
        for order in [[6, 5, 4, 3, 2, 1, 0], [3, 1, 4, 0, 5, 2, 6]] {
            assert_eq!(merged(&order), expected);
        }
        let State::Survey(found) = decode(&expected, "a state").unwrap() else { panic!("another state") };
        assert_eq!((found.used(), found.target().count()), (350, 350));
    }

    #[test]
    fn no_rows_and_foreign_states() {
        let State::Survey(found) = decode(&bytes(pass().evaluate().unwrap()), "a state").unwrap() else {
            panic!("another state")
        };
        assert_eq!(found.used(), 0);
        let mut all = pass();
        let state: ArrayRef = Arc::new(BinaryArray::from(vec![b"VDDF\x09\x00nothing".as_slice()]));
        all.merge_batch(&[state]).unwrap();
        let error = all.evaluate().unwrap_err().to_string();
        assert!(error.contains("version 9"), "{error}");
    }
}
