//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use contracts::identity::Scope;

use crate::config::flags::{Everywhere, Serving};

/// An online store that starts in your garage and grows without a rewrite.
///
/// Without a command it opens the shop, as `argosy serve` does.
#[derive(Debug, Parser)]
#[command(name = "argosy", version, arg_required_else_help = false, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) everywhere: Everywhere,
    #[command(flatten)]
    pub(crate) serving: Serving,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the shop and serve it until it is asked to stop
    Serve(ServeCommand),
    /// Check and show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make, list and revoke keys of the API; works while the shop runs
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Print a link that creates the owner of a shop that has none; works while the shop runs
    ///
    /// The link works once, for a day; the one printed before stops working.
    OwnerLink,
    /// Take in products, stock, customers or past orders, also from Shopify and WooCommerce; works while the shop runs
    ///
    /// What the file is, it says by its beginning. The same file again changes nothing. Rows that cannot be taken in are
    /// reported with their lines, and the exit code is 1 when there are any; everything else is taken in at once or not at
    /// all. `--dry-run` says what would change, `argosy undo` takes it back.
    Import(ImportCommand),
    /// Write products with their stock, customers or orders to a file; works while the shop runs
    Export(ExportCommand),
    /// Take back an import, or list what can be taken back; works while the shop runs
    ///
    /// Products become as they were; one that was edited since is left as it is and named. Units that were counted are
    /// moved back by the difference, so that what was sold since stays sold. Customers that an import made are gone again
    /// unless they did something since. Past orders are gone again, or as they were. The shop's own orders are not touched.
    Undo(UndoCommand),
    /// Tell what happened to an order
    #[command(subcommand)]
    Order(OrderCommand),
    /// Take a consistent copy of the shop; works while the shop runs
    ///
    /// The copy is of one moment: every order acknowledged before is in it. Names and addresses in it are sealed, and the
    /// keys to them are kept apart: with --keys-to FILE in a file of their own, of which only the latest is worth keeping
    /// (whom the shop has erased is then erased in every backup), or in the backup with --with-keys (who has the backup
    /// can then read everything in it, also about people who are erased later). Without keys, a restored shop has its
    /// orders, stock and products, but no names, addresses, accounts or staff.
    Backup(BackupCommand),
    /// Make a shop from a backup, in a new directory
    ///
    /// Compares every file with the backup's manifest, checks the databases and the invariants of the ledger, and never
    /// overwrites anything. Everybody is logged out; API keys revoked since the backup must be revoked again.
    Restore(RestoreCommand),
    /// Check that nothing is wrong with orders, stock and payments; works while the shop runs
    ///
    /// Checks the invariants of docs and says what to do about each violation. The exit code is 1 when there is one.
    Doctor(DoctorCommand),
    /// Check the index of the search, or make it anew; works while the shop runs
    #[command(subcommand)]
    Search(SearchCommand),
    /// See what became of mails, and how they look; works while the shop runs
    #[command(subcommand)]
    Mail(MailCommand),
    /// See where webhooks go, and send some once more; works while the shop runs
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Print a script that completes this command line in a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print a page of the reference, made from the code
    #[command(hide = true)]
    Reference {
        /// Which page
        subject: Subject,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ServeCommand {
    #[command(flatten)]
    pub(crate) serving: Serving,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report everything that is wrong with the configuration
    Check,
    /// Show the values in effect and where each comes from; secrets are left out
    Print,
    /// Print the reference of all keys, as Markdown
    Reference,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Make a key and print it, once
    Create(ApiKeyCreate),
    /// List keys, without the keys themselves
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; it opens nothing a second later
    Revoke {
        /// The id that `list` shows
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ApiKeyCreate {
    /// What it is for
    #[arg(long)]
    pub(crate) name: String,
    /// What it may do; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    pub(crate) scopes: Vec<ScopeName>,
    /// Print JSON with the id beside the key
    #[arg(long)]
    pub(crate) json: bool,
}

/// A [`Scope`], as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScopeName {
    /// Everything
    Admin,
    /// Products, categories, collections, imports
    Catalog,
    /// Orders, shipments, refunds, returns
    Orders,
    /// Stock levels
    Stock,
    /// Reading only
    ReadOnly,
    /// Customers' accounts
    Customers,
    /// Promotions, coupons, price lists
    Promotions,
    /// Taxes, shipping, how the shop is set up
    Settings,
    /// Members of the staff and their roles
    Staff,
    /// Mails and outgoing webhooks
    Notifications,
    /// Warehouse requests and shipments
    Fulfilment,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Admin => Scope::Admin,
            ScopeName::Catalog => Scope::Catalog,
            ScopeName::Orders => Scope::Orders,
            ScopeName::Stock => Scope::Stock,
            ScopeName::ReadOnly => Scope::ReadOnly,
            ScopeName::Customers => Scope::Customers,
            ScopeName::Promotions => Scope::Promotions,
            ScopeName::Settings => Scope::Settings,
            ScopeName::Staff => Scope::Staff,
            ScopeName::Notifications => Scope::Notifications,
            ScopeName::Fulfilment => Scope::Fulfilment,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ImportCommand {
    /// The export
    pub(crate) file: PathBuf,
    /// Currency of the price columns that name none [default: that of the shop's first market], or of past orders that
    /// name none
    #[arg(long)]
    pub(crate) currency: Option<String>,
    /// Language of the texts [default: that of the shop's first market]
    #[arg(long)]
    pub(crate) locale: Option<String>,
    /// Stock location that the quantities were counted at [default: main]
    #[arg(long)]
    pub(crate) location: Option<String>,
    /// What a file of products is [default: by its beginning]
    #[arg(long)]
    pub(crate) format: Option<FormatName>,
    /// What is in the file [default: by its beginning]
    #[arg(long)]
    pub(crate) what: Option<ImportWhat>,
    /// What to call the shop that past orders are from [default: shopify or woocommerce, by the columns]
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Only say what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What an import is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportWhat {
    /// Products, or the units of their SKUs
    Products,
    /// Customers: Argosy's own CSV or JSON, or an export of Shopify or WooCommerce
    Customers,
    /// Past orders: what `argosy export orders` writes, or an export of Shopify or WooCommerce
    Orders,
}

/// What a file of products is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// The columns of a Shopify product export
    Shopify,
    /// The columns of a WooCommerce product export
    Woocommerce,
    /// Argosy's own table, with every language, currency and location
    Csv,
    /// Argosy's own JSON, which loses nothing
    Json,
    /// A table of stock (CSV) with the columns SKU, Location and On hand
    Stock,
}

impl FormatName {
    /// As in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            FormatName::Shopify => "shopify",
            FormatName::Woocommerce => "woocommerce",
            FormatName::Csv => "csv",
            FormatName::Json => "json",
            FormatName::Stock => "stock",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    /// What to write
    pub(crate) what: ExportWhat,
    /// The file; standard output when it is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// How to write it
    #[arg(long, default_value = "json")]
    pub(crate) format: FormatName,
    /// Orders placed at this time or later, such as 2026-01-01 or 2026-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Orders placed before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Leave out of orders whom they are for and where they went
    #[arg(long)]
    pub(crate) without_names: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportWhat {
    /// Products with everything they stand in, and the units of each SKU
    Products,
    /// The units of each SKU and location, as a table
    Stock,
    /// Customers with their address books, never with a password
    Customers,
    /// Orders with their lines, taxes, payments and refunds, and past orders among them
    Orders,
}

#[derive(Debug, Args)]
pub(crate) struct UndoCommand {
    /// What the import printed, such as 17, customers-3 or orders-2; all of them are listed when it is left out
    pub(crate) change: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// Tell an order's whole story: events, stock, payment, provider calls, webhooks, mails and parcels, in order of time
    Explain(OrderExplain),
}

#[derive(Debug, Args)]
pub(crate) struct OrderExplain {
    /// The order's number
    pub(crate) number: String,
    /// Print the story as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupCommand {
    #[command(subcommand)]
    pub(crate) verb: Option<BackupSubcommand>,
    /// Where it goes: a new directory, or an existing one in which a directory named after the time is made
    pub(crate) to: Option<PathBuf>,
    /// Put the keys to names and addresses into the backup
    #[arg(long, conflicts_with = "keys_to")]
    pub(crate) with_keys: bool,
    /// Write the keys to this file, over those of the backup before
    #[arg(long, value_name = "FILE")]
    pub(crate) keys_to: Option<PathBuf>,
    /// Only name the pictures and their hashes, do not copy them
    #[arg(long)]
    pub(crate) without_media: bool,
    /// Print what was done as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackupSubcommand {
    /// Compare a backup with its manifest and check its databases; the exit code is 1 when it is damaged
    Verify(BackupVerify),
}

#[derive(Debug, Args)]
pub(crate) struct BackupVerify {
    /// The backup
    pub(crate) backup: PathBuf,
    /// Print what was found as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreCommand {
    /// The backup; the shop is made in the directory that --data names
    pub(crate) backup: PathBuf,
    /// The file that `argosy backup --keys-to` wrote last
    #[arg(long, value_name = "FILE", conflicts_with = "without_keys")]
    pub(crate) keys: Option<PathBuf>,
    /// Restore without keys: everybody is erased
    #[arg(long)]
    pub(crate) without_keys: bool,
    /// Where the pictures are, when the backup was taken without them
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) media_from: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorCommand {
    /// Print the reports as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum SearchCommand {
    /// Compare the index with the catalog; the exit code is 1 when they differ
    Check(SearchOptions),
    /// Make a new index beside the one in use and put it in its place
    ///
    /// Searching goes on meanwhile. The index is a copy of the catalog, so nothing can be lost by it.
    Rebuild(SearchOptions),
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct SearchOptions {
    /// Print the comparison as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List the latest mails: what became of each, never whom it went to
    List {
        /// Only those that are queued, sent, failed or dropped
        #[arg(long, value_parser = ["queued", "sent", "failed", "dropped"])]
        status: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Try a mail again that was given up or waits
    Retry {
        /// The id that `list` shows
        id: kernel::MailId,
    },
    /// Show a mail filled with samples
    Preview {
        /// Which mail, e.g. order_confirmation
        template: String,
        /// In which language
        #[arg(long, default_value = "en")]
        locale: String,
        /// Which part of it
        #[arg(long, value_enum, default_value_t = MailPart::Text)]
        part: MailPart,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MailPart {
    Text,
    Html,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// List endpoints, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send a test to an endpoint; the exit code is 1 when it is not taken
    Ping {
        /// The id that `list` shows
        endpoint: kernel::WebhookEndpointId,
    },
    /// Send deliveries once more, under the ids they had
    Replay(WebhookReplay),
}

#[derive(Debug, Args)]
pub(crate) struct WebhookReplay {
    /// The id that `list` shows
    pub(crate) endpoint: kernel::WebhookEndpointId,
    /// Just this event
    #[arg(long, value_name = "ID")]
    pub(crate) event: Option<String>,
    /// Events that happened at this time or later
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Events that happened before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only those that were given up
    #[arg(long)]
    pub(crate) failed: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Subject {
    Openapi,
    Config,
    Cli,
}
