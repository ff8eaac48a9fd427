//! A picture of ratios: horizontal bars, with the reference as a line.

use crate::spread::Spread;

/// A group of bars, for one load or one contender.
pub struct Group {
    /// The text next to the bars.
    pub label: &'static str,
    /// One bar per series.
    pub bars: Vec<Spread>,
}

const COLORS: [&str; 2] = ["#2563a8", "#b8560f"];
const WIDTH: f64 = 760.0;
const LABELS: f64 = 230.0;
/// The width from a ratio of zero to the reference, if the longest bar has room.
const UNIT: f64 = 380.0;
const TOP: f64 = 58.0;
const GROUP: f64 = 36.0;
const BAR: f64 = 13.0;

/// Draws `groups` as an SVG. The whiskers of a bar are its quartiles.
pub fn svg(title: &str, series: &[String], groups: &[Group]) -> String {
    let legend: String = (0..)
        .zip(series)
        .map(|(index, name)| key(index, name))
        .collect();
    let bars = groups.iter().flat_map(|group| &group.bars);
    let longest = bars.fold(1.0, |longest: f64, bar| longest.max(bar.high));
    let unit = UNIT.min((WIDTH - LABELS) / longest);
    let bars: String = (0..)
        .zip(groups)
        .map(|(index, group)| draw(index, group, unit))
        .collect();
    let end = (0..groups.len()).fold(TOP, |top, _| top + GROUP);
    let reference = LABELS + unit;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {}" font-family="sans-serif" font-size="13" fill="#222">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="22" font-weight="bold">{title}</text>
{legend}{bars}<path d="M{reference} {TOP}V{end}" stroke="#222" stroke-dasharray="4 3"/>
<text x="{reference}" y="{}" text-anchor="middle">reference</text>
</svg>
"##,
        end + 28.0,
        end + 16.0,
    )
}

fn key(index: u8, name: &str) -> String {
    let left = LABELS + 140.0 * f64::from(index);
    let color = COLORS[usize::from(index)];
    format!(
        r#"<rect x="{left}" y="34" width="12" height="12" fill="{color}"/>
<text x="{}" y="45">{name}</text>
"#,
        left + 18.0
    )
}

fn draw(index: u8, group: &Group, unit: f64) -> String {
    let top = TOP + GROUP * f64::from(index);
    let bars = (0..)
        .zip(&group.bars)
        .map(|(index, bar)| draw_bar(top, index, *bar, unit));
    format!(
        r#"<text x="{}" y="{}" text-anchor="end">{}</text>
{}"#,
        LABELS - 10.0,
        top + BAR + 4.0,
        group.label,
        bars.collect::<String>(),
    )
}

fn draw_bar(top: f64, index: u8, bar: Spread, unit: f64) -> String {
    let top = top + BAR * f64::from(index);
    let at = |ratio: f64| LABELS + unit * ratio;
    format!(
        r##"<rect x="{LABELS}" y="{top}" width="{:.1}" height="{}" fill="{}"/>
<path d="M{:.1} {}H{:.1}" stroke="#222"/>
<text x="{}" y="{}" font-size="11" fill="#fff">{:.2}</text>
"##,
        at(bar.median) - LABELS,
        BAR - 1.0,
        COLORS[usize::from(index)],
        at(bar.low),
        top + 6.0,
        at(bar.high),
        LABELS + 6.0,
        top + 10.0,
        bar.median,
    )
}
