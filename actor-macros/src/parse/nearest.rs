//! Guesses at the word that a misspelled one was meant to be.

/// Returns the word among `known` of which `word` is a misspelling. One letter in three may be wrong, missing,
/// surplus, or swapped with its neighbour. The first letter is right: `cast` is not `last`.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let known = known
        .iter()
        .filter(|known| known.chars().next() == word.chars().next());
    let (slips, nearest) = known.map(|known| (slips(&word, known), *known)).min()?;
    let allowed = word.chars().count().max(nearest.len()) / 3;
    (slips <= allowed).then_some(nearest)
}

/// Returns whether `word` is `known` with at most one slip.
pub(super) fn is_one_slip_from(known: &str, word: &str) -> bool {
    // Most words differ by far more, which their lengths show at once.
    word.chars().count().abs_diff(known.len()) <= 1 && slips(word, known) <= 1
}

/// Returns Damerau's restricted edit distance: the number of letters to change, add, remove, or swap with the next
/// one.
fn slips(one: &str, other: &str) -> usize {
    let [one, other]: [Vec<char>; 2] = [one, other].map(|word| word.chars().collect());
    // `rows[i][j]` is the distance between the first `i` letters of `one` and the first `j` of `other`.
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let changed = usize::from(one[i - 1] != other[j - 1]);
            let mut least = (rows[i - 1][j - 1] + changed)
                .min(rows[i - 1][j] + 1)
                .min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KNOWN: [&str; 4] = ["capacity", "client", "command", "vis"];

    fn check(word: &str, meant: Option<&str>) {
        assert_eq!(nearest(word, &KNOWN), meant, "{word}");
    }

    #[test]
    fn a_slip_is_recognised() {
        check("capacty", Some("capacity"));
        check("capactiy", Some("capacity"));
        check("clinet", Some("client"));
        check("commands", Some("command"));
        check("Vis", Some("vis"));
        check("viz", Some("vis"));
    }

    #[test]
    fn another_word_is_not() {
        check("size", None);
        check("dis", None);
        check("shutdown", None);
        check("größe", None);
        check("x", None);
    }

    #[test]
    fn nothing_is_near_to_nothing() {
        assert_eq!(nearest("word", &[]), None);
    }
}
