-- Serve links::clicks: of one promoter, of one product.
CREATE INDEX click_promoter ON click (bucket, promoter_id, at_us, id);
CREATE INDEX click_product ON click (program_id, product_number, at_us, id);
