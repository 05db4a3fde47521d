//! Customers' accounts: [`contracts::identity::Customers`].

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::identity::{
    CustomerChange, CustomerFilter, CustomerView, Customers, GuestCart, LogIn, LoggedIn, NewCustomer, NewSavedAddress,
    PasswordChange, PasswordReset, SavedAddress, SessionView, Visitor,
};
use contracts::ledger::OrderSummary;
use contracts::notification::Message;
use infra::vault::PersonKey;
use kernel::{AddressId, Cursor, CustomerId, Failure, OrderId, Page, PageRequest, Secret, SessionId, StoreId};

use super::mails::{RESET_MINUTES, VERIFY_MINUTES};
use super::{
    People, Profile, bad_token, check_email, checked_locale, checked_name, once_hash, refuse, session_hash, sessions,
    wrong_credentials,
};
use crate::password;
use crate::store::customer::{self, CustomerRow};
use crate::store::session::Table;
use crate::store::token::Purpose;
use crate::store::{place, session, token};
use crate::token::Kind;

impl People {
    pub(super) fn customer_row(&self, store: StoreId, id: CustomerId) -> Result<CustomerRow> {
        self.read(|conn| customer::find(conn, store, id))?.ok_or_else(|| Failure::not_found("customer"))
    }

    pub(super) fn open_customer(&self, row: &CustomerRow) -> Result<(PersonKey, Profile)> {
        self.open_person(row.id.as_bytes(), &row.wrapped_key, &row.sealed)
    }

    fn view(&self, row: &CustomerRow) -> Result<CustomerView> {
        let (_, profile) = self.open_customer(row)?;
        Ok(view_of(row, profile))
    }

    /// The customer's cart with `guest` in it. A failure of it must not keep anybody from logging in.
    async fn join_cart(&self, store: StoreId, id: CustomerId, guest: Option<GuestCart>) -> Result<Option<CartAccess>> {
        let secret =
            Secret::new(self.parts.vault.derived("cart of customer", &[*store.as_bytes(), *id.as_bytes()].concat()));
        let cart = self.parts.carts.join(store, id, &secret, guest.as_ref()).await?;
        Ok(cart.map(|id| CartAccess { id, secret }))
    }

    fn mail_verification(&self, store: StoreId, row: &CustomerRow, profile: &Profile, token: &Secret) {
        let url = self.link("/account/verify", token);
        let message = Message::EmailVerification { url, valid_minutes: VERIFY_MINUTES };
        let key = format!("verify:{}:{}", row.id, self.now().millis());
        self.mail(store, key, &profile.email, profile.locale.as_deref(), message);
    }

    fn new_customer(&self, store: StoreId, profile: &Profile, password: String) -> Result<CustomerRow> {
        let (now, rng) = (self.now(), self.identity.rng().as_ref());
        let id = CustomerId::new(now, rng);
        let (key, wrapped_key) = self.parts.vault.new_person(id.as_bytes(), rng);
        Ok(CustomerRow {
            id,
            email_hash: self.email_hash(store, &profile.email),
            wrapped_key,
            sealed: self.seal_profile(&key, profile)?,
            password: Some(password),
            verified_at: None,
            created_at: now,
        })
    }
}

pub(super) fn view_of(row: &CustomerRow, profile: Profile) -> CustomerView {
    CustomerView {
        id: row.id,
        email: profile.email,
        email_verified: row.verified_at.is_some(),
        name: profile.name,
        locale: profile.locale,
        created_at: row.created_at.into(),
    }
}

#[async_trait]
impl Customers for People {
    async fn register(&self, store: StoreId, new: NewCustomer, from: &Visitor) -> Result<()> {
        let mut errors = Vec::new();
        check_email(&mut errors, &new.email);
        let name = checked_name(&mut errors, new.name.as_deref());
        let locale = checked_locale(&mut errors, new.locale.as_deref());
        errors.extend(password::problem("/password", &new.password, &new.email));
        refuse(errors)?;
        let profile = Profile { email: new.email.trim().to_owned(), name, locale };
        let account = self.email_hash(store, &profile.email);
        self.count_mail(&account, from)?;
        let row = self.new_customer(store, &profile, self.passwords.hash(&new.password).await?)?;
        let (link, hash) = self.once()?;
        let expires_at = row.created_at.plus_secs(i64::from(VERIFY_MINUTES) * 60);
        let written = row.clone();
        let known = self
            .write(move |conn| {
                let known = customer::by_email(conn, store, &written.email_hash)?;
                // Both ways write a token, so that both take as long.
                let purpose = if known.is_some() { Purpose::Nothing } else { Purpose::Verify };
                if known.is_none() {
                    customer::put(conn, store, &written)?;
                }
                token::put(conn, store, purpose, written.id.as_bytes(), &hash, expires_at)?;
                Ok(known)
            })
            .await?;
        match known {
            None => {
                tracing::info!(customer = %row.id, "a customer registered");
                self.mail_verification(store, &row, &profile, &link);
            }
            Some(known) => {
                let (_, owner) = self.open_customer(&known)?;
                let hour = self.now().millis() / 3_600_000;
                let message =
                    Message::AlreadyRegistered { login_url: format!("{}/account/login", self.parts.base_url) };
                let key = format!("already-registered:{}:{hour}", known.id);
                self.mail(store, key, &owner.email, owner.locale.as_deref(), message);
            }
        }
        Ok(())
    }

    async fn log_in(
        &self,
        store: StoreId,
        log_in: LogIn,
        guest_cart: Option<GuestCart>,
        from: &Visitor,
    ) -> Result<LoggedIn> {
        let account = self.email_hash(store, &log_in.email);
        let found = self.read(|conn| customer::by_email(conn, store, &account))?;
        let kept = found.as_ref().and_then(|row| row.password.clone());
        self.verify(store, &account, &log_in.password, kept, from).await?;
        let row = found.ok_or_else(wrong_credentials)?;
        let (key, profile) = self.open_customer(&row)?;
        let (now, rng) = (self.now(), self.identity.rng().as_ref());
        let fresh = sessions::begin(Table::Customer, *row.id.as_bytes(), &key, from, now, rng)?;
        let (before, place) = (session_hash(Kind::CustomerSession, from), self.place(store, from));
        let (id, password) = (row.id, row.password.clone());
        let session = fresh.session;
        self.write(move |conn| {
            // The password may have been changed while it was verified, which ended all sessions.
            let current = customer::find(conn, store, id)?.filter(|row| row.password == password);
            current.ok_or_else(wrong_credentials)?;
            if let Some(before) = before {
                session::end_by_hash(conn, fresh.table, &before)?;
            }
            if let Some(place) = place {
                place::remember(conn, store, &account, &place, now)?;
            }
            Ok(session::insert(conn, fresh.table, store, &fresh.hash, &fresh.row)?)
        })
        .await?;
        let cart = self.join_cart(store, row.id, guest_cart).await.unwrap_or_else(|failure| {
            tracing::warn!(customer = %row.id, %failure, internal = failure.internal, "a cart could not be merged");
            None
        });
        Ok(LoggedIn { customer: view_of(&row, profile), session, cart })
    }

    async fn customer(&self, store: StoreId, id: CustomerId) -> Result<Option<CustomerView>> {
        self.read(|conn| customer::find(conn, store, id))?.map(|row| self.view(&row)).transpose()
    }

    async fn customers(&self, store: StoreId, filter: CustomerFilter, page: PageRequest) -> Result<Page<CustomerView>> {
        if let Some(email) = filter.email {
            let found = self.read(|conn| customer::by_email(conn, store, &self.email_hash(store, &email)))?;
            let items = found.iter().map(|row| self.view(row)).collect::<Result<_>>()?;
            return Ok(Page { items, next_cursor: None });
        }
        let before = match &page.cursor {
            Some(cursor) => {
                let invalid = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
                Some(Cursor::decode(cursor, 1)?[0].parse::<CustomerId>().map_err(|_| invalid())?)
            }
            None => None,
        };
        let mut rows = self.db.read(move |conn| customer::list(conn, store, before, page.limit + 1)).await?;
        let more = rows.len() > page.limit as usize;
        rows.truncate(page.limit as usize);
        let last = rows.last().filter(|_| more);
        let next_cursor = last.map(|row| Cursor::encode(&[&row.id.to_string()]).as_str().to_owned());
        Ok(Page { items: rows.iter().map(|row| self.view(row)).collect::<Result<_>>()?, next_cursor })
    }

    async fn change_customer(&self, store: StoreId, id: CustomerId, change: CustomerChange) -> Result<CustomerView> {
        let mut errors = Vec::new();
        let name = checked_name(&mut errors, change.name.as_deref());
        let locale = checked_locale(&mut errors, change.locale.as_deref());
        refuse(errors)?;
        let mut row = self.customer_row(store, id)?;
        let (key, mut profile) = self.open_customer(&row)?;
        if change.name.is_some() {
            profile.name = name;
        }
        if change.locale.is_some() {
            profile.locale = locale;
        }
        row.sealed = self.seal_profile(&key, &profile)?;
        let sealed = row.sealed.clone();
        self.write(move |conn| {
            let row = customer::find(conn, store, id)?.ok_or_else(|| Failure::not_found("customer"))?;
            Ok(customer::put(conn, store, &CustomerRow { sealed, ..row })?)
        })
        .await?;
        Ok(view_of(&row, profile))
    }

    async fn change_password(
        &self,
        store: StoreId,
        id: CustomerId,
        session: SessionId,
        change: PasswordChange,
        from: &Visitor,
    ) -> Result<()> {
        let row = self.customer_row(store, id)?;
        let (_, profile) = self.open_customer(&row)?;
        self.verify(store, &row.email_hash, &change.current, row.password.clone(), from).await?;
        refuse(password::problem("/new", &change.new, &profile.email).into_iter().collect())?;
        let (known, password) = (row.password, self.passwords.hash(&change.new).await?);
        self.write(move |conn| {
            let row = customer::find(conn, store, id)?.ok_or_else(|| Failure::not_found("customer"))?;
            // Whoever took the account back by a reset while this was worked on has the last word.
            if row.password != known {
                return Err(wrong_credentials());
            }
            customer::put(conn, store, &CustomerRow { password: Some(password), ..row })?;
            token::drop_all(conn, store, Purpose::Reset, id.as_bytes())?;
            Ok(session::end_others(conn, Table::Customer, store, id.as_bytes(), Some(session))?)
        })
        .await?;
        tracing::info!(customer = %id, "a customer changed their password; their other sessions ended");
        Ok(())
    }

    async fn request_reset(&self, store: StoreId, email: &str, from: &Visitor) -> Result<()> {
        let mut errors = Vec::new();
        check_email(&mut errors, email);
        refuse(errors)?;
        let account = self.email_hash(store, email);
        self.count_mail(&account, from)?;
        let (link, hash) = self.once()?;
        let now = self.now();
        let expires_at = now.plus_secs(i64::from(RESET_MINUTES) * 60);
        let nobody = CustomerId::new(now, self.identity.rng().as_ref());
        let found = self
            .write(move |conn| {
                let found = customer::by_email(conn, store, &account)?;
                let (purpose, owner) = match &found {
                    Some(row) => (Purpose::Reset, row.id),
                    None => (Purpose::Nothing, nobody),
                };
                token::put(conn, store, purpose, owner.as_bytes(), &hash, expires_at)?;
                Ok(found)
            })
            .await?;
        if let Some(row) = found {
            let (_, profile) = self.open_customer(&row)?;
            let url = self.link("/account/reset", &link);
            let message = Message::PasswordReset { url, valid_minutes: RESET_MINUTES };
            let key = format!("reset:{}:{}", row.id, now.millis());
            self.mail(store, key, &profile.email, profile.locale.as_deref(), message);
        }
        Ok(())
    }

    async fn reset_password(&self, store: StoreId, reset: PasswordReset, from: &Visitor) -> Result<()> {
        let (hash, now) = (once_hash(&reset.token)?, self.now());
        let owner = self.read(|conn| token::owner(conn, store, Purpose::Reset, &hash, now))?.ok_or_else(bad_token)?;
        let id = CustomerId::from_uuid(uuid::Uuid::from_bytes(owner));
        let row = self.read(|conn| customer::find(conn, store, id))?.ok_or_else(bad_token)?;
        let (_, profile) = self.open_customer(&row)?;
        refuse(password::problem("/password", &reset.password, &profile.email).into_iter().collect())?;
        let password = self.passwords.hash(&reset.password).await?;
        let place = self.place(store, from);
        self.write(move |conn| {
            // Looked up again by the only writer: of two who come at once, one is too late.
            token::owner(conn, store, Purpose::Reset, &hash, now)?.ok_or_else(bad_token)?;
            token::drop_all(conn, store, Purpose::Reset, &owner)?;
            let row = customer::find(conn, store, id)?.ok_or_else(bad_token)?;
            // Whoever opened the link has the mailbox, which is all that a verification would show.
            let verified_at = row.verified_at.or(Some(now));
            if let Some(place) = place {
                place::remember(conn, store, &row.email_hash, &place, now)?;
            }
            customer::put(conn, store, &CustomerRow { password: Some(password), verified_at, ..row })?;
            Ok(session::end_others(conn, Table::Customer, store, &owner, None)?)
        })
        .await?;
        tracing::info!(customer = %id, "a customer set a new password by mail; all their sessions ended");
        Ok(())
    }

    async fn request_verification(&self, store: StoreId, id: CustomerId, from: &Visitor) -> Result<()> {
        let row = self.customer_row(store, id)?;
        if row.verified_at.is_some() {
            return Ok(());
        }
        self.count_mail(&row.email_hash, from)?;
        let (_, profile) = self.open_customer(&row)?;
        let (link, hash) = self.once()?;
        let expires_at = self.now().plus_secs(i64::from(VERIFY_MINUTES) * 60);
        self.write(move |conn| Ok(token::put(conn, store, Purpose::Verify, id.as_bytes(), &hash, expires_at)?)).await?;
        self.mail_verification(store, &row, &profile, &link);
        Ok(())
    }

    async fn verify_email(&self, store: StoreId, token: &Secret) -> Result<()> {
        let (hash, now) = (once_hash(token)?, self.now());
        self.write(move |conn| {
            let owner = token::owner(conn, store, Purpose::Verify, &hash, now)?.ok_or_else(bad_token)?;
            token::drop_all(conn, store, Purpose::Verify, &owner)?;
            let id = CustomerId::from_uuid(uuid::Uuid::from_bytes(owner));
            let row = customer::find(conn, store, id)?.ok_or_else(bad_token)?;
            Ok(customer::put(conn, store, &CustomerRow { verified_at: Some(now), ..row })?)
        })
        .await
    }

    async fn sessions(&self, store: StoreId, id: CustomerId, current: SessionId) -> Result<Vec<SessionView>> {
        let (key, _) = self.open_customer(&self.customer_row(store, id)?)?;
        let rows = self.read(|conn| session::list(conn, Table::Customer, store, id.as_bytes()))?;
        Ok(sessions::shown(Table::Customer, rows, &key, current, self.now()))
    }

    async fn end_session(&self, store: StoreId, id: CustomerId, session: SessionId) -> Result<()> {
        let ended =
            self.write(move |conn| Ok(session::end(conn, Table::Customer, store, id.as_bytes(), session)?)).await?;
        if ended { Ok(()) } else { Err(Failure::not_found("session")) }
    }

    async fn addresses(&self, store: StoreId, id: CustomerId) -> Result<Vec<SavedAddress>> {
        self.saved_addresses(store, id)
    }

    async fn add_address(&self, store: StoreId, id: CustomerId, new: NewSavedAddress) -> Result<SavedAddress> {
        let address = AddressId::new(self.now(), self.identity.rng().as_ref());
        self.save_address(store, id, address, new, true).await
    }

    async fn put_address(
        &self,
        store: StoreId,
        id: CustomerId,
        address: AddressId,
        new: NewSavedAddress,
    ) -> Result<SavedAddress> {
        self.save_address(store, id, address, new, false).await
    }

    async fn remove_address(&self, store: StoreId, id: CustomerId, address: AddressId) -> Result<()> {
        let removed = self.write(move |conn| Ok(customer::remove_address(conn, store, id, address)?)).await?;
        if removed { Ok(()) } else { Err(Failure::not_found("address")) }
    }

    async fn customer_orders(&self, store: StoreId, id: CustomerId, page: PageRequest) -> Result<Page<OrderSummary>> {
        self.orders_of(store, id, page).await
    }

    async fn owns_order(&self, store: StoreId, id: CustomerId, order: OrderId) -> Result<bool> {
        self.owns(store, id, order)
    }

    async fn cart(&self, store: StoreId, id: CustomerId, guest: Option<GuestCart>) -> Result<Option<CartAccess>> {
        self.join_cart(store, id, guest).await
    }

    async fn export(&self, store: StoreId, id: CustomerId) -> Result<serde_json::Value> {
        self.export_of(store, id).await
    }

    async fn erase_customer(
        &self,
        store: StoreId,
        id: CustomerId,
        password: Option<&Secret>,
        from: &Visitor,
    ) -> Result<()> {
        self.erase(store, id, password, from).await
    }
}
