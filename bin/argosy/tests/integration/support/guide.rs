//! A guide as a list of things to do, read from its Markdown, so that what the page says is what a test does.
//!
//! Only numbered steps, blocks of code, pictures and the comments `<!-- browser: NAME -->` mean something. In a step,
//! **bold** is pressed or names a field, `code` is typed and “quotes” are seen. Whatever marks of these kinds cannot be
//! understood is an error: a guide cannot tell its reader to do what the test does not.

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// From here on, this person's browser.
    Browser(String),
    /// Writes a file.
    File {
        name: String,
        text: String,
    },
    /// Copies a file that lies beside the guide, by its path from there.
    Save(String),
    /// Runs commands, one a line; what they print contains `shows`, in this order.
    Commands {
        lines: Vec<String>,
        shows: Vec<String>,
    },
    /// Stops the shop as Ctrl-C does.
    Stop,
    /// Goes to an address.
    Open(String),
    /// Goes to the address that the shop printed behind this word.
    OpenPrinted(String),
    /// Goes to the first address in the mail that was read last.
    OpenMailed,
    Press(String),
    Fill {
        label: String,
        value: String,
    },
    /// Chooses what has a label of its own, such as a radio button.
    Choose(String),
    /// Sees this on the page.
    See(String),
    /// Finds nothing on the page that could be pressed and says this.
    Absent(String),
    /// Reads the mail to this address that says all of this.
    Mail {
        to: String,
        says: Vec<String>,
    },
    /// Takes a picture of the page.
    Picture(String),
}

/// What is done at a line of the guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub line: usize,
    pub acts: Vec<Act>,
}

/// Reads a guide.
///
/// # Errors
/// The line and what about it cannot be done.
pub fn read(markdown: &str) -> Result<Vec<Step>, String> {
    let mut guide = Guide::default();
    let mut lines = markdown.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
    while let Some((at, line)) = lines.next() {
        let outcome = if let Some(kind) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let inside: Vec<String> = inside.map(str::to_owned).collect();
            guide.block(at, kind, inside)
        } else if let Some(name) = line.strip_prefix("<!-- browser: ").and_then(|rest| rest.strip_suffix(" -->")) {
            guide.add(at, vec![Act::Browser(name.to_owned())]);
            Ok(())
        } else if let Some((number, text)) = numbered(line) {
            let mut text = text.to_owned();
            while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with("   ")) {
                text = format!("{text} {}", more.trim());
            }
            guide.step(at, number, &text)
        } else if let Some(rest) = line.strip_prefix("![") {
            let path = rest.split_once("](").and_then(|(_, path)| path.strip_suffix(')'));
            path.map(|path| guide.add(at, vec![Act::Picture(path.to_owned())])).ok_or("no picture".to_owned())
        } else {
            guide.prose(line)
        };
        outcome.map_err(|why| format!("line {at}: {why}"))?;
    }
    Ok(guide.steps)
}

/// `3. Text`.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.split_once(". ")?;
    Some((number.parse().ok()?, text))
}

#[derive(Default)]
struct Guide {
    steps: Vec<Step>,
    section: usize,
    step: usize,
}

impl Guide {
    fn add(&mut self, line: usize, acts: Vec<Act>) {
        self.steps.push(Step { line, acts });
    }

    fn prose(&mut self, line: &str) -> Result<(), String> {
        if let Some(title) = line.strip_prefix("## ") {
            self.section += 1;
            self.step = 0;
            let number = numbered(title).map(|(number, _)| number);
            if number != Some(self.section) {
                return Err(format!("this is section {}", self.section));
            }
        }
        let instructs = ["press **", "open `", "fill in **", "choose **"];
        match instructs.iter().find(|words| line.to_lowercase().contains(*words)) {
            Some(words) => Err(format!("{words:?} stands outside of the numbered steps, where nobody does it")),
            None => Ok(()),
        }
    }

    fn block(&mut self, at: usize, kind: &str, inside: Vec<String>) -> Result<(), String> {
        match kind.split_once(' ') {
            None if kind == "sh" => {
                self.add(at, vec![Act::Commands { lines: inside, shows: Vec::new() }]);
                Ok(())
            }
            None if kind == "text" => match self.steps.last_mut().map(|step| step.acts.as_mut_slice()) {
                Some([Act::Commands { shows, .. }]) if shows.is_empty() => {
                    *shows = inside.iter().map(|line| line.trim().to_owned()).collect();
                    Ok(())
                }
                _ => Err("a block of text is what the commands right before it print".to_owned()),
            },
            Some((_, name)) => {
                let text = inside.join("\n") + "\n";
                self.add(at, vec![Act::File { name: name.to_owned(), text }]);
                Ok(())
            }
            None => Err(format!("a block of {kind:?}: use sh, text, or a kind and the name of a file")),
        }
    }

    fn step(&mut self, at: usize, number: usize, text: &str) -> Result<(), String> {
        self.step += 1;
        if number != self.step {
            return Err(format!("this is step {} of its section", self.step));
        }
        let acts = acts(&pieces(text)?)?;
        if acts.is_empty() {
            return Err("there is nothing to do in this step".to_owned());
        }
        self.add(at, acts);
        Ok(())
    }
}

/// A part of a step's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Bold(String),
    Code(String),
    Quote(String),
    Key(String),
    Link(String),
}

/// What opens it, what closes it, and what stands between.
type Mark = (&'static str, &'static str, fn(String) -> Piece);

/// Pairs of marks. The longest come first.
const MARKS: [Mark; 5] = [
    ("**", "**", Piece::Bold),
    ("<kbd>", "</kbd>", Piece::Key),
    ("`", "`", Piece::Code),
    ("“", "”", Piece::Quote),
    ("](", ")", Piece::Link),
];

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((at, (open, close, piece))) =
        MARKS.iter().filter_map(|mark| Some((rest.find(mark.0)?, mark))).min_by_key(|(at, _)| *at)
    {
        found.push(Piece::Words(rest[..at].to_owned()));
        let inside = &rest[at + open.len()..];
        let end = inside.find(close).ok_or_else(|| format!("{open} is not closed"))?;
        found.push(piece(inside[..end].to_owned()));
        rest = &inside[end + close.len()..];
    }
    found.push(Piece::Words(rest.to_owned()));
    Ok(found)
}

fn acts(pieces: &[Piece]) -> Result<Vec<Act>, String> {
    let mut acts: Vec<Act> = Vec::new();
    let mut at = 0;
    let mut before = "";
    while let Some(piece) = pieces.get(at) {
        let after = |words: &[&str]| words.iter().any(|word| before.to_lowercase().ends_with(word));
        let (label, value) = (piece, pieces.get(at + 2));
        let beside = matches!(pieces.get(at + 1), Some(Piece::Words(between)) if between == " ");
        match (label, value) {
            (Piece::Words(words), _) => {
                before = words.trim();
                if before.contains("Open the link in it") {
                    acts.push(Act::OpenMailed);
                }
            }
            (Piece::Bold(label), Some(Piece::Code(value))) if beside => {
                acts.push(Act::Fill { label: label.clone(), value: value.clone() });
                at += 2;
            }
            (Piece::Bold(words), _) if after(&["press"]) => acts.push(Act::Press(words.clone())),
            (Piece::Bold(words), _) if after(&["choose"]) => acts.push(Act::Choose(words.clone())),
            (Piece::Bold(words), _) if after(&["no"]) => acts.push(Act::Absent(words.clone())),
            (Piece::Code(word), _) if after(&["printed behind"]) => acts.push(Act::OpenPrinted(word.clone())),
            (Piece::Code(url), _) if after(&["open"]) => acts.push(Act::Open(url.clone())),
            (Piece::Code(to), _) if after(&["mail to"]) => acts.push(Act::Mail { to: to.clone(), says: Vec::new() }),
            (Piece::Quote(words), _) => match acts.last_mut() {
                Some(Act::Mail { says, .. }) => says.push(words.clone()),
                _ => acts.push(Act::See(words.clone())),
            },
            (Piece::Key(key), _) if key == "Ctrl-C" => acts.push(Act::Stop),
            (Piece::Link(path), _) if before.to_lowercase().starts_with("save [") => acts.push(Act::Save(path.clone())),
            (piece, _) => return Err(format!("nobody knows what to do with {piece:?} after {before:?}")),
        }
        at += 1;
    }
    Ok(acts)
}
