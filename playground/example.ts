/**
 * @module
 * The rules that the page begins with.
 */

export const EXAMPLE_RULES = `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <!-- The site uploads and reads. -->
  <CORSRule>
    <ID>site</ID>
    <AllowedOrigin>https://www.example.com</AllowedOrigin>
    <AllowedOrigin>https://shop.example.com</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>3600</MaxAgeSeconds>
  </CORSRule>
  <!-- Partners read, and nothing else. -->
  <CORSRule>
    <ID>partners</ID>
    <AllowedOrigin>https://*.partners.example</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>HEAD</AllowedMethod>
    <AllowedHeader>range</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
</CORSConfiguration>
`
