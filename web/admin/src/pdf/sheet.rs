//! Paper: A4 pages, filled from the top. Lengths are in tenths of a point.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::win_ansi::{encode, width};

const PAGE_WIDTH: i32 = 5950;
const PAGE_HEIGHT: i32 = 8420;
pub(super) const LEFT: i32 = 600;
pub(super) const RIGHT: i32 = PAGE_WIDTH - 600;
const TOP: i32 = PAGE_HEIGHT - 700;
const BOTTOM: i32 = 900;
/// The height of the last line of a page.
const LAST: i32 = 500;
/// How far the lines of a footer are apart.
const FOOTER_LEADING: i32 = 104;
/// The most lines that one text is broken into; whatever is longer is cut.
const MAX_LINES: usize = 6;

/// The most lines of a footer.
const MAX_FOOTER: usize = 12;

/// The names of the fonts in the pages' resources.
const PLAIN: Name<'static> = Name(b"P");
const BOLD: Name<'static> = Name(b"B");

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Plain,
    Bold,
}

/// Where a text stands: from its left edge, or up to its right edge.
#[derive(Clone, Copy)]
pub(super) enum At {
    Left(i32),
    Right(i32),
}

#[allow(clippy::float_arithmetic, reason = "places on paper, in the unit that PDF counts in; no amounts")]
fn points(tenths: i32) -> f32 {
    tenths as f32 / 10.0
}

pub(super) struct Sheet {
    title: String,
    pages: Vec<Content>,
    /// The height of the next line's base, from the bottom.
    y: i32,
    lost: bool,
    /// Lines that stand at the end of every page.
    footer: Vec<Vec<u8>>,
    /// Where pages end above their footer.
    bottom: i32,
}

impl Sheet {
    pub(super) fn new(title: String, footer: &str) -> Self {
        let mut sheet = Sheet { title, pages: Vec::new(), y: 0, lost: false, footer: Vec::new(), bottom: BOTTOM };
        for line in footer.lines() {
            let broken = sheet.broken(line, 80, 3900);
            sheet.footer.extend(broken);
        }
        sheet.footer.truncate(MAX_FOOTER);
        let lines = i32::try_from(sheet.footer.len()).unwrap_or(0);
        sheet.bottom = BOTTOM + FOOTER_LEADING * (lines - 2).max(0);
        sheet.turn();
        sheet
    }

    fn turn(&mut self) {
        self.pages.push(Content::new());
        self.y = TOP;
    }

    /// Goes on `by` lower, on a new page when there is no room for `room` below that.
    pub(super) fn down(&mut self, by: i32, room: i32) {
        self.y -= by;
        if self.y - room < self.bottom {
            self.turn();
        }
    }

    /// Writes one line at the current height.
    pub(super) fn write(&mut self, at: At, size: i32, face: Face, text: &str) {
        let bytes = encode(text, &mut self.lost);
        self.put(at, (size, face), &bytes, self.y);
    }

    fn put(&mut self, at: At, (size, face): (i32, Face), bytes: &[u8], y: i32) {
        let x = match at {
            At::Left(x) => x,
            At::Right(x) => x - width(bytes) * size / 1000,
        };
        let Some(page) = self.pages.last_mut() else { return };
        page.begin_text();
        page.set_font(if face == Face::Bold { BOLD } else { PLAIN }, points(size));
        page.next_line(points(x), points(y));
        page.show(Str(bytes));
        page.end_text();
    }

    /// Breaks `text` into lines that are at most `room` wide.
    pub(super) fn broken(&mut self, text: &str, size: i32, room: i32) -> Vec<Vec<u8>> {
        let bytes = encode(text, &mut self.lost);
        let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
        for word in bytes.split(|b| *b == b' ').filter(|word| !word.is_empty()) {
            for byte in std::iter::once(b' ').chain(word.iter().copied()) {
                let last = lines.len() - 1;
                let line = &mut lines[last];
                if byte == b' ' {
                    // A word that does not fit begins a line, unless it would not fit on one either.
                    let with = width(line) + 278 + width(word);
                    if !line.is_empty() && with * size / 1000 > room && width(word) * size / 1000 <= room {
                        lines.push(Vec::new());
                    } else if !line.is_empty() {
                        line.push(b' ');
                    }
                } else if (width(line) + width(&[byte])) * size / 1000 > room {
                    lines.push(vec![byte]);
                } else {
                    line.push(byte);
                }
                if lines.len() > MAX_LINES {
                    lines.truncate(MAX_LINES);
                    lines[MAX_LINES - 1].extend(b"...");
                    return lines;
                }
            }
        }
        lines
    }

    /// Writes lines one below the other from the current height, which stays. How high they are.
    pub(super) fn block(&mut self, at: At, size: i32, face: Face, lines: &[Vec<u8>]) -> i32 {
        let leading = size * 13 / 10;
        for (place, line) in (0..).zip(lines) {
            self.put(at, (size, face), line, self.y - leading * place);
        }
        leading * i32::try_from(lines.len()).unwrap_or(0)
    }

    /// A thin line over the whole width, above the current height.
    pub(super) fn rule(&mut self) {
        let y = points(self.y + 120);
        let Some(page) = self.pages.last_mut() else { return };
        page.set_line_width(0.5);
        page.move_to(points(LEFT), y);
        page.line_to(points(RIGHT), y);
        page.stroke();
    }

    /// The document.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.lost {
            self.down(300, 0);
            let text = "Some characters cannot be printed on this paper and stand as question marks.";
            self.write(At::Left(LEFT), 80, Face::Plain, text);
        }
        let count = self.pages.len();
        let mut ids = (1..).map(Ref::new);
        let mut next = move || ids.next().unwrap_or(Ref::new(1));
        let (catalog, tree, plain, bold, info) = (next(), next(), next(), next(), next());
        let page_ids: Vec<(Ref, Ref)> = (0..count).map(|_| (next(), next())).collect();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        pdf.document_info(info).title(TextStr(&self.title));
        let total = i32::try_from(count).unwrap_or(i32::MAX);
        pdf.pages(tree).kids(page_ids.iter().map(|(page, _)| *page)).count(total);
        for (id, name) in [(plain, &b"Helvetica"[..]), (bold, b"Helvetica-Bold")] {
            let mut font = pdf.type1_font(id);
            font.base_font(Name(name));
            font.encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        for (number, (mut content, (page_id, content_id))) in (1..).zip(self.pages.into_iter().zip(page_ids)) {
            let page_number = encode(&format!("Page {number} of {count}"), &mut false);
            let place = RIGHT - width(&page_number) * 80 / 1000;
            let footer = (0..).zip(self.footer.iter().rev()).map(|(up, line)| (LEFT, LAST + FOOTER_LEADING * up, line));
            for (x, y, line) in footer.chain([(place, LAST, &page_number)]) {
                content.begin_text();
                content.set_font(PLAIN, 8.0);
                content.next_line(points(x), points(y));
                content.show(Str(line));
                content.end_text();
            }
            let mut page = pdf.page(page_id);
            page.media_box(Rect::new(0.0, 0.0, points(PAGE_WIDTH), points(PAGE_HEIGHT)));
            page.parent(tree);
            page.contents(content_id);
            let mut resources = page.resources();
            resources.fonts().pair(PLAIN, plain).pair(BOLD, bold);
            resources.finish();
            page.finish();
            pdf.stream(content_id, &content.finish());
        }
        pdf.finish()
    }
}
