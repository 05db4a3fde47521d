-- Synonyms, one row per store and language. A document, because it is read and written whole.
create table synonyms (
    store      blob    not null check (length(store) = 16),
    locale     text    not null check (length(locale) between 2 and 35),
    version    integer not null check (version > 0),
    groups     text    not null check (json_valid(groups)), -- an array of arrays of words or phrases
    updated_at integer not null,                            -- milliseconds since the Unix epoch
    primary key (store, locale)
) strict, without rowid;
