//! Inputs that are the pixels of a picture.

use core::str::FromStr;

use predictor::SavedModel;

/// Width and height of a picture whose pixels are the columns, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "width and height in pixels, such as 28x28".to_owned();
        let (width, height) = text.split_once(['x', 'X', '×']).ok_or_else(wrong)?;
        let number =
            |text: &str| text.trim().parse().ok().filter(|n| (1..=4096).contains(n)).ok_or_else(wrong);
        Ok(Self { width: number(width)?, height: number(height)? })
    }
}

impl Shape {
    /// The shape that was said, if it fits; else a square where every column is called a pixel, as in `pixel12` or `pixel_0_3`.
    ///
    /// # Errors
    /// What does not fit, as a sentence.
    pub(crate) fn of(model: &SavedModel, said: Option<Self>) -> Result<Option<Self>, String> {
        let columns = model.preprocessing.columns();
        if let Some(shape) = said {
            return match shape.width * shape.height == columns.len() {
                true => Ok(Some(shape)),
                false => Err(format!(
                    "{} x {} pixels are not the model's {} columns",
                    shape.width,
                    shape.height,
                    columns.len()
                )),
            };
        }
        let side = (columns.len() as f64).sqrt().round() as usize;
        let is_pixel = |name: &str| {
            let rest = name.to_lowercase();
            let rest = rest.strip_prefix("pixel").or_else(|| rest.strip_prefix("px")).map(str::to_owned);
            rest.is_some_and(|rest| {
                rest.chars().any(|c| c.is_ascii_digit())
                    && rest.chars().all(|c| c.is_ascii_digit() || "_-. x".contains(c))
            })
        };
        let square =
            side >= 3 && side * side == columns.len() && columns.iter().all(|column| is_pixel(&column.name));
        Ok(square.then_some(Self { width: side, height: side }))
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn shapes_are_read() {
        assert_eq!("28x14".parse(), Ok(Shape { width: 28, height: 14 }));
        for wrong in ["28", "0x3", "3x", "axb", "9999999x2"] {
            assert!(wrong.parse::<Shape>().is_err(), "{wrong}");
        }
    }
}
