use axum::extract::{Request, State};
use axum::response::Response;
use contracts::catalog::{Catalog, Media};
use contracts::identity::Scope;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, read_body};

use super::Shelf;
use crate::media::MAX_UPLOAD;

/// Upload an image
///
/// The body is the picture itself, its Content-Type says which kind. The answer's `source` is how documents name it.
#[utoipa::path(
    post,
    path = "/admin/media",
    tag = "catalog",
    request_body(content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp")), description = "The picture."),
    responses(
        (status = 201, description = "The image is stored.", body = Media),
        (status = 413, description = "The picture is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn media_create(State(shelf): State<Shelf>, caller: Caller, request: Request) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or("application/octet-stream").to_owned();
    let body = read_body(request, MAX_UPLOAD).await?;
    let media = shelf.catalog.put_media(caller.store, &kind, body).await?;
    let mut response = http_kit::private(Json(media));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::{Client, shoe};

    /// A picture of one pixel.
    fn png() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(1, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[tokio::test]
    async fn an_uploaded_picture_can_be_shown() {
        let client = Client::with_products(0).await;
        let upload = "POST /admin/media";
        let kind = [("content-type", "image/png")];
        let stored = client.keyed(upload, &kind, png()).await;
        assert_eq!(stored.status, 201, "{}", stored.body);
        let mut product = shoe("shoe", 1);
        product["media"] = json!([stored.body]);
        assert_eq!(client.admin("POST /admin/products", &[], &product).await.status, 201);
        let shown = client.get("/products/shoe").await;
        let url = shown.body["images"][0]["url"].as_str().unwrap();
        assert!(url.starts_with("/media/sha256-") && url.ends_with(".jpg"), "{url}");

        assert_eq!(client.keyed(upload, &kind, b"GIF89a?".to_vec()).await.status, 422);
        assert_eq!(client.send(upload, &kind, "x").await.status, 401);
    }
}
